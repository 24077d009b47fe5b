// MCAP's own reader opens what `export --format mcap` writes: by the indexes in it, and once from
// the first byte to the last. Every message must be there, as `export --format jsonl` tells it.
// Argument: the program teatime.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';

const require = createRequire(`${process.env.TEATIME_NODE}/here.js`);
const { McapIndexedReader, McapStreamReader } = require('@mcap/core');
const { decompress } = require('fzstd');

const teatime = process.argv[2];
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'teatime-mcap-'));
const decompressHandlers = {
    zstd: (bytes, size) => decompress(bytes, new Uint8Array(Number(size))),
};

function run(input, ...args) {
    const { status, stdout, stderr } = spawnSync(
        teatime, args, { input, encoding: 'utf8', maxBuffer: 1 << 28, timeout: 60000 });
    assert.equal(status, 0, `teatime ${args.join(' ')}: ${stderr}`);
    return stdout;
}

const microseconds = time => Math.round(parseFloat(time) * 1e6);

/// A recording with messages of every kind, enough of them for several chunks.
function manyMessages() {
    const lines = [{ kind: 'timegraph', version: 1 }, { kind: 'meta', name: 'session', value: 'Größe' }];
    lines.push({ kind: 'clock', time: '0s', seq: 0, wall_us: 1795725777460695, rate: 1 });
    lines.push({ kind: 'clock', time: '100s', seq: 0, wall_us: 1795725877460695, rate: 2 });
    const call = (...parts) => JSON.stringify(JSON.stringify(parts));
    const payloads = [
        i => call('painter', 'move', i, i / 7, -i),
        i => call(`object${i % 100}`, 'say', 'ö"\\\n', { x: [i, null, true] }),
        i => JSON.stringify({ what: 'users', active: i }),
        () => '"qmAYXVYCHN3NyqhGKe8/8Q=="',
        () => 'no JSON at all',
        () => '',
    ];
    for (let i = 0; i < 40000; i++) {
        const time = `${Math.floor(i / 3) * 10 / 1000}s`;
        const extra = i % 4 ? '' : `,${i}`;
        lines.push({ kind: 'message', time, seq: i + 1, sender: i % 5, extra,
            payload: payloads[i % payloads.length](i) });
    }
    lines.push({ kind: 'end', time: '1000s', wall_us: 1795726877460695 });
    const file = path.join(folder, 'many.timegraph');
    run(lines.map(line => JSON.stringify(line)).join('\n') + '\n', 'import', '-', '--output', file);
    return file;
}

/// The topic and the JSON of a message.
function expected(line) {
    const told = { time: microseconds(line.time) / 1e6, seq: line.seq, sender: line.sender };
    let topic = '/messages';
    let payload = line.payload, call;
    try {
        payload = JSON.parse(line.payload);
        call = JSON.parse(payload);
    } catch { }
    if (Array.isArray(call)) {
        const [target, selector, ...args] = call;
        topic = `/${target}/${selector}`;
        Object.assign(told, { target, selector, arguments: args });
    } else {
        told.payload = payload;
    }
    if (line.extra !== '') told.extra = line.extra;
    return [topic, told];
}

/// In nanoseconds, by the last clock before it.
function wall(clocks, time) {
    const clock = clocks.filter(each => microseconds(each.time) <= time).at(-1);
    return BigInt(clock.wall_us + Math.round((time - microseconds(clock.time)) / clock.rate)) * 1000n;
}

async function check(recording) {
    const lines = run('', 'export', recording, '--format', 'jsonl').trimEnd().split('\n').map(JSON.parse);
    const messages = lines.filter(line => line.kind === 'message');
    const exported = path.join(folder, 'exported.mcap');
    fs.rmSync(exported, { force: true });
    run('', 'export', recording, '--format', 'mcap', '--output', exported);
    const bytes = fs.readFileSync(exported);

    const readable = {
        size: async () => BigInt(bytes.length),
        read: async (offset, size) => new Uint8Array(bytes.subarray(Number(offset), Number(offset + size))),
    };
    const reader = await McapIndexedReader.Initialize({ readable, decompressHandlers });
    const told = messages.map(expected);
    const topics = new Map();
    for (const [topic] of told) topics.set(topic, (topics.get(topic) ?? 0) + 1);
    const channels = reader.channelsById;
    assert.deepEqual([...channels.values()].map(channel => channel.topic).sort(), [...topics.keys()].sort());
    assert.equal(reader.statistics.messageCount, BigInt(messages.length));
    for (const [id, count] of reader.statistics.channelMessageCounts) {
        assert.equal(count, BigInt(topics.get(channels.get(id).topic)));
    }
    const clocks = lines.filter(line => line.kind === 'clock');
    const times = messages.map(line => wall(clocks, microseconds(line.time)));
    assert.equal(reader.statistics.messageStartTime, times[0]);
    assert.equal(reader.statistics.messageEndTime, times.at(-1));

    const same = (message, channel, i) => {
        assert.deepEqual([channel.topic, JSON.parse(Buffer.from(message.data))], told[i]);
        assert.deepEqual([channel.messageEncoding, message.sequence], ['json', messages[i].seq]);
        assert.deepEqual([message.logTime, message.publishTime], [times[i], times[i]]);
    };
    let read = 0;
    for await (const message of reader.readMessages()) {
        same(message, channels.get(message.channelId), read++);
    }
    assert.equal(read, messages.length);

    // By topic and time, from the indexes of the chunks.
    const [topic, count] = [...topics].at(-1);
    read = 0;
    for await (const message of reader.readMessages({ topics: [topic] })) {
        assert.equal(channels.get(message.channelId).topic, topic);
        read++;
    }
    assert.equal(read, count);
    const middle = times[messages.length >> 1];
    for await (const message of reader.readMessages({ startTime: middle })) {
        assert(message.logTime >= middle);
        read--;
    }
    assert.equal(read, count - times.filter(time => time >= middle).length);
    const metadata = [];
    for await (const record of reader.readMetadata()) metadata.push(record);
    const meta = lines.filter(line => line.kind === 'meta').map(line => [line.name, line.value]);
    assert.equal(metadata.length, 1);
    for (const [name, value] of meta) assert.equal(metadata[0].metadata.get(name), value);

    // As one that was cut off would be read.
    const stream = new McapStreamReader({ decompressHandlers, validateCrcs: true });
    stream.append(bytes);
    const known = new Map();
    read = 0;
    for (let record; (record = stream.nextRecord());) {
        if (record.type === 'Channel') known.set(record.id, record);
        if (record.type === 'Message') same(record, known.get(record.channelId), read++);
    }
    assert(stream.done());
    assert.equal(read, messages.length);
    console.log(`${messages.length} messages in ${channels.size} channels and ` +
        `${reader.chunkIndexes.length} chunks: all there`);
    return reader.chunkIndexes.length;
}

try {
    await check(path.join(process.env.TEATIME_TREE, 'tests/golden/version_1.timegraph'));
    assert(await check(manyMessages()) > 3);
} finally {
    fs.rmSync(folder, { recursive: true });
}
