// One headless client of the unmodified Croquet library. Says on standard output `joined new|restored`
// and a line `state ...` after each change of its model; obeys `hit <n>`, `snapshot` and `leave` on
// standard input. Arguments: reflector, file server, session name.
import { createRequire } from 'node:module';
import readline from 'node:readline';

// The library's Node build looks at window.location when it uploads.
globalThis.window = { location: 'http://localhost/interop.html' };
const Croquet = createRequire(`${process.env.TEATIME_NODE}/here.js`)('@croquet/croquet');
const [reflector, files, name] = process.argv.slice(2);

let restored = true;  // a client that goes on from a snapshot never runs init()

class Board extends Croquet.Model {
    init() {
        restored = false;
        this.hits = 0;
        this.sum = 0;
        this.beats = 0;
        this.dice = 0;
        this.here = [];
        this.subscribe('board', 'hit', this.hit);
        this.subscribe(this.sessionId, 'view-join', this.come);
        this.subscribe(this.sessionId, 'view-exit', this.go);
        this.future(100).beat();
    }
    hit(points) {
        this.hits++;
        this.sum = this.sum * 31 % 1000003 + points;
        this.say();
    }
    beat() {
        this.beats++;
        this.dice = Math.random();
        this.say();
        this.future(100).beat();
    }
    come({ viewId }) {
        this.here.push(viewId);
        this.say();
    }
    go({ viewId }) {
        this.here = this.here.filter(id => id !== viewId);
        this.say();
    }
    say() {
        this.publish('board', 'changed', JSON.stringify(
            [this.now(), this.hits, this.sum, this.beats, this.dice, this.here]));
    }
}
Board.register('Board');

class Watcher extends Croquet.View {
    constructor(board) {
        super(board);
        this.subscribe('board', 'changed', state => console.log(`state ${state}`));
    }
}

const session = await Croquet.Session.join({
    appId: 'org.teatime.interop', name, password: 'interop', reflector, files,
    model: Board, view: Watcher, step: 'manual', autoSleep: 0, tps: 20,
});
setInterval(() => session.step(Date.now()), 10);
console.log(`joined ${restored ? 'restored' : 'new'}`);

for await (const line of readline.createInterface({ input: process.stdin })) {
    const [command, count] = line.split(' ');
    if (command === 'hit') {
        for (let i = 1; i <= +count; i++) session.view.publish('board', 'hit', i);
    } else if (command === 'snapshot') {
        globalThis.CROQUETVM.forceSnapshot();
    } else {
        break;
    }
}
await session.leave();
process.exit(0);
