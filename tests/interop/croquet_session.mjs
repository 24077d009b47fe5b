// Two unmodified clients join and publish, one is elected to upload a snapshot, a third one catches up
// from it; all must have said the same states. Then the recording that the reflector made of it is
// read by the command line. Argument: the program teatime.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import readline from 'node:readline';

const here = path.dirname(fileURLToPath(import.meta.url));
const teatime = process.argv[2];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'teatime-interop-'));
const running = [];
const pause = ms => new Promise(done => setTimeout(done, ms));

async function until(what, condition) {
    const deadline = Date.now() + 30000;
    while (!await condition()) {
        assert(Date.now() < deadline, `in vain: ${what}`);
        await pause(20);
    }
}

/// A program and the lines that it has said.
function start(program, ...args) {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = [];
    readline.createInterface({ input: child.stdout }).on('line', line => lines.push(line));
    const one = { child, lines, tell: text => child.stdin.write(text + '\n') };
    one.ended = new Promise(done => child.on('exit', (code, signal) => done(code ?? signal)));
    running.push(one);
    return one;
}

const how = client => client.lines.find(line => line.startsWith('joined'));
const states = client => client.lines.filter(line => line.startsWith('state '));
const hits = client => {
    const said = states(client);
    return said.length ? JSON.parse(said.at(-1).slice(6))[1] : 0;
};

/// The exit code and output of a verb.
function run(...args) {
    const { status, stdout, stderr } = spawnSync(teatime, args, { encoding: 'utf8', timeout: 60000 });
    return { status, stdout, stderr };
}
function says(pattern, ...args) {
    const { status, stdout, stderr } = run(...args);
    assert.equal(status, 0, `teatime ${args.join(' ')}: ${stderr}`);
    assert.match(stdout, pattern);
    return stdout;
}

/// What the verbs say of a session that three clients were in, with so many messages stamped.
function readRecording(file, messages) {
    const info = JSON.parse(says(/./, 'info', file, '--json'));
    assert.equal(info.kind, 'croquet');
    assert.match(info.app, /^org\.teatime\.interop$/);
    assert.equal(info.messages, messages);
    assert.equal(info.last_seq, messages);
    assert(info.files >= 1 && info.keyframes >= 1, 'the snapshot was not kept');
    assert.equal(info.members.length, 3);
    assert(info.members.every(member => member.role === 'participant'));
    assert.deepEqual(info.gaps, []);
    says(/^session .*\(croquet, "org\.teatime\.interop\/interop\d+"\)$/m, 'info', file);
    says(/^members     1 \S+ participant, from [\d.]+s/m, 'info', file);

    const lines = says(/./, 'log', file, '--json').trimEnd().split('\n').map(JSON.parse);
    assert.deepEqual(lines.map(line => line.seq), Array.from({ length: messages }, (_, i) => i + 1));
    const published = lines.filter(line => typeof line.payload === 'string');
    assert(published.length >= 3, 'clients put several events into a message, but not all');
    assert.deepEqual([...new Set(published.map(line => line.sender))].sort(), [1, 2, 3]);
    const joined = lines.flatMap(line => line.payload.what === 'users' && line.payload.joined || []);
    assert.equal(joined.length, 3);
    const text = says(/router: users active=1/, 'log', file).trimEnd().split('\n');
    assert.equal(text.length, messages + 1);

    const whole = `file: whole; ${messages} messages in \\d+ blocks?`;
    says(new RegExp(`^${whole}.*\\nreplay: not re-executed: a croquet session `), 'verify', file);
    const verified = JSON.parse(says(/./, 'verify', file, '--json'));
    assert.deepEqual([verified.problems, verified.executed, verified.messages], [[], false, messages]);
    assert.equal(run('verify', file, '--require-replay').status, 1);
    const replay = run('replay', file);
    assert.equal(replay.status, 3);
    assert.match(replay.stderr, /^teatime: .* cannot be executed: a croquet session .*\n$/);
    console.log(`recorded and read: ${messages} messages`);
}

try {
    const reflector = start(teatime, 'serve', '--port', '0', '--record', folder);
    await until('the reflector listens', () => reflector.lines.length > 0);
    const address = reflector.lines[0].match(/^teatime reflector at ws:\/\/(\S+)$/)[1];
    const join = async () => {
        const client = start(process.execPath, path.join(here, 'croquet_client.mjs'),
            `ws://${address}`, `http://${address}/files`, `interop${process.pid}`);
        await until('a client joins', () => how(client));
        return client;
    };
    const session = async () => (await (await fetch(`http://${address}/sessions`)).json())[0];

    const a = await join(), b = await join();
    assert.equal(how(a), 'joined new');
    assert.equal(how(b), 'joined new');
    const { id, app, name } = await session();
    assert.deepEqual([app, name], ['org.teatime.interop', `org.teatime.interop/interop${process.pid}`]);
    says(new RegExp(`^${id.slice(0, 20)}.* org\\.teatime\\.interop .* ${name} `, 'm'), 'sessions', address);
    for (const verb of ['record', 'save']) {
        const refused = run(verb, `${address}/${id}`, '-o', path.join(folder, 'never'));
        assert.equal(refused.status, 3);
        assert.match(refused.stderr, /session of Croquet clients; it has no native replicas\.\n$/);
    }
    a.tell('hit 30');
    b.tell('hit 20');
    await until('50 events are everywhere', () => hits(a) === 50 && hits(b) === 50);

    let asked = 0;  // clients do not make one in their first five seconds
    await until('a snapshot is elected and uploaded', async () => {
        if (Date.now() - asked > 1000) {
            a.tell('snapshot');
            asked = Date.now();
        }
        return (await session()).snapshot !== '';
    });
    a.tell('hit 5');
    await until('55 events are everywhere', () => hits(a) === 55 && hits(b) === 55);

    const late = await join();
    assert.equal(how(late), 'joined restored');
    assert.equal((await session()).members, 3);
    for (const client of [a, b, late]) client.tell('hit 5');
    const all = [a, b, late];
    await until('70 events are everywhere', () => all.every(client => hits(client) === 70));

    // From each one's first state to the first with 70 events, not one may differ or be missing.
    const story = client => {
        const said = states(client);
        return said.slice(0, said.findIndex(line => JSON.parse(line.slice(6))[1] === 70) + 1);
    };
    const whole = story(a);
    for (const client of all) {
        const own = story(client);
        const from = whole.indexOf(own[0]);
        assert(from >= 0 && own.length > 5, 'a client began with a state that no other had');
        assert.deepEqual(own, whole.slice(from));
    }
    const compared = all.map(client => story(client).length);

    for (const client of all) client.tell('leave');
    for (const client of all) assert.equal(await client.ended, 0);
    await until('all have left', async () => (await session()).members === 0);
    const { recording, messages } = await session();
    reflector.child.kill('SIGTERM');
    assert.equal(await reflector.ended, 0);
    console.log(`states compared: ${compared.join(', ')}; all the same`);
    readRecording(recording, messages);
} finally {
    for (const one of running) if (one.child.exitCode === null) one.child.kill('SIGKILL');
    fs.rmSync(folder, { recursive: true });
}
