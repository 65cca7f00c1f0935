// Functions of many shapes do the same watched as not: what they give, throw, leave behind, and say of themselves.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import path from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { monitoring } from "../../viralnow-node/lib/index.mjs";
import { folder } from "./common.mjs";

const { monitorAll } = monitoring;
const later = (value) => new Promise((resolve) => setTimeout(resolve, 1, value));
class Shop {
  constructor(name = "shop") {
    this.name = name;
  }
}
const boom = new RangeError("no");
const sealed = Object.freeze({ a: 1 });

/** Each makes a function anew, and uses it: what comes of it is compared. */
const SHAPES = {
  nothing: [() => () => {}, (f) => f()],
  "a constant": [() => () => 4, (f) => f()],
  arguments: [() => (a, b) => a + b, (f) => f(1, 2)],
  "too few arguments": [() => (a, b) => [a, b], (f) => f(1)],
  "too many arguments": [() => (a) => a, (f) => f(1, 2, 3)],
  "a default": [() => (a = 3) => a, (f) => [f(), f(undefined), f(null)]],
  "rest": [() => (...all) => all, (f) => f(1, 2, 3)],
  "taken apart": [() => ({ a, b: [c] }) => [a, c], (f) => f({ a: 1, b: [2] })],
  "its arguments object": [() => function () { return [...arguments].length; }, (f) => [f(), f(1), f(1, 2)]],
  "its own this": [() => function () { return this; }, (f) => { const owner = { f }; return owner.f() === owner; }],
  "no this": [() => function () { "use strict"; return this; }, (f) => f()],
  "called with this": [() => function (a) { return [this.k, a]; }, (f) => [f.call({ k: 1 }, 2), f.apply({ k: 3 }, [4]), f.bind({ k: 5 })(6)]],
  "its length and name": [() => function named(a, b, c) {}, (f) => [f.length, f.name]],
  "properties": [() => Object.assign(() => 1, { version: 7 }), (f) => [f.version, Object.keys(f)]],
  "a symbol of its own": [() => { const f = () => 1; f[Symbol.for("mark")] = 2; return f; }, (f) => f[Symbol.for("mark")]],
  "throws": [() => () => { throw boom; }, (f) => f()],
  "throws what is no error": [() => () => { throw "text"; }, (f) => f()],
  "throws nothing": [() => () => { throw undefined; }, (f) => f()],
  "throws a frozen object": [() => () => { throw sealed; }, (f) => f()],
  "catches its own": [() => () => { try { throw boom; } catch { return 1; } finally { /* left */ } }, (f) => f()],
  "asynchronous": [() => async (a) => { await null; return a; }, (f) => f(3)],
  "asynchronous at once": [() => async () => 3, (f) => f()],
  "rejects": [() => async () => { throw boom; }, (f) => f()],
  "rejects later": [() => async () => { await later(1); throw boom; }, (f) => f()],
  "a promise": [() => () => later(5), (f) => f()],
  "a promise or not": [() => (a) => (a ? later(a) : a), async (f) => [f(0), await f(2), f(0)]],
  "a rejected promise": [() => () => Promise.reject(boom), (f) => f()],
  "a thenable": [() => () => ({ then: 4 }), (f) => f()],
  "a thenable that works": [() => () => ({ then: (give) => give(7) }), async (f) => [typeof f().then, await f()]],
  "many at once": [() => async (a) => later(a), (f) => Promise.all([f(1), f(2), f(3)])],
  "a race": [() => (a) => later(a), (f) => Promise.race([f(1)])],
  "all settled": [() => async (a) => { if (a > 1) throw boom; return a; }, (f) => Promise.allSettled([f(1), f(2)])],
  "an aborted wait": [() => async (signal) => { signal.throwIfAborted(); }, (f) => f(AbortSignal.abort(boom))],
  "a generator": [() => function* (n) { for (let i = 0; i < n; i++) yield i; return "end"; }, (f) => [...f(3)]],
  "a generator's return": [() => function* () { yield 1; return 2; }, (f) => { const g = f(); return [g.next(), g.next(), g.next()]; }],
  "what a generator is sent": [() => function* () { const a = yield 1; const b = yield a * 2; return a + b; }, (f) => { const g = f(); return [g.next(), g.next(4), g.next(5)]; }],
  "thrown into a generator": [() => function* () { try { yield 1; } catch (error) { yield error; } }, (f) => { const g = f(); g.next(); return g.throw(boom).value === boom; }],
  "a generator that is left": [() => function* () { try { yield 1; yield 2; } finally { yield "bye"; } }, (f) => { const g = f(); g.next(); return [g.return(9), g.next()]; }],
  "a generator that throws": [() => function* () { yield 1; throw boom; }, (f) => [...f()]],
  "a generator inside of another": [() => function* (n) { if (n > 0) yield* this.f(n - 1); yield n; }, (f) => [...{ f }.f(3)]],
  "a generator's kind": [() => function* () { yield 1; }, (f) => { const g = f(); return [Object.prototype.toString.call(g), g[Symbol.iterator]() === g]; }],
  "an asynchronous generator": [() => async function* (n) { for (let i = 0; i < n; i++) { await null; yield i; } }, async (f) => { const all = []; for await (const one of f(3)) all.push(one); return all; }],
  "an asynchronous generator that throws": [() => async function* () { yield 1; throw boom; }, async (f) => { for await (const _ of f()) { /* on */ } }],
  "an asynchronous generator that is left": [() => async function* () { yield 1; yield 2; }, async (f) => { for await (const one of f()) return one; }],
  "recursion": [() => (n, self) => (n > 0 ? self(n - 1, self) + 1 : 0), (f) => f(50, f)],
  "asynchronous recursion": [() => async (n, self) => (n > 0 ? (await self(n - 1, self)) + 1 : 0), (f) => f(20, f)],
  "too deep recursion": [() => (self) => self(self), (f) => { try { return f(f); } catch (error) { return error.constructor; } }],
  "an old constructor": [() => function Old(name) { this.name = name; }, (F) => { const made = new F("x"); return [made.name, made instanceof F]; }],
  "an old constructor's prototype": [() => { function Old() {} Old.prototype.hi = () => 2; return Old; }, (F) => new F().hi()],
  "an old constructor that is extended": [() => function Old() { this.kind = new.target.name; }, (F) => { class More extends F {} return new More().kind; }],
  "a class": [() => class Two extends Shop { hi() { return this.name; } static make() { return new this("made"); } }, (C) => [new C("x").hi(), C.make().hi(), new C() instanceof Shop, C.name]],
  "a class's private parts": [() => class { #a = 1; add() { return ++this.#a; } }, (C) => { const it = new C(); return [it.add(), it.add()]; }],
  "a class's accessors": [() => class { #a = 1; get a() { return this.#a; } set a(value) { this.#a = value * 2; } }, (C) => { const it = new C(); it.a = 4; return it.a; }],
  "a class's generator": [() => class { *[Symbol.iterator]() { yield 1; yield 2; } }, (C) => [...new C()]],
  "a class that throws": [() => class { no() { throw boom; } }, (C) => new C().no()],
  "a class inside of a class": [() => class { static Inner = class { hi() { return 3; } }; }, (C) => new C.Inner().hi()],
  "super": [() => class extends Shop { get [Symbol.toStringTag]() { return "Mine"; } hi() { return super.constructor.name; } }, (C) => [String(new C()), new C().hi()]],
  "bound": [() => function () { return this.k; }.bind({ k: 3 }), (f) => [f(), f.call({ k: 4 })]],
  "behind a proxy": [() => new Proxy(() => 1, { apply: () => 2 }), (f) => f()],
  "built in": [() => Math.max, (f) => f(1, 3, 2)],
  "a listener": [() => (a) => a, (f) => { const bus = new EventEmitter(); const all = []; bus.on("x", (a) => all.push(f(a))); bus.emit("x", 1); return all; }],
  "with a callback": [() => (a, done) => setImmediate(done, null, a * 2), (f) => promisify(f)(4)],
  "sorting by it": [() => (a, b) => b - a, (f) => [1, 3, 2].sort(f)],
  "mapping by it": [() => (a, i) => a * i, (f) => [1, 2, 3].map(f)],
  "a tag of a template": [() => (texts, ...values) => [texts.raw.length, values], (f) => f`a${1}b${2}c`],
  "coercion": [() => () => 1, (f) => [typeof f, f instanceof Function, Object.prototype.toString.call(f)]],
  "JSON of what it gives": [() => () => ({ toJSON: () => 5 }), (f) => JSON.stringify(f())],
  "a timer": [() => (give) => give(1), (f) => new Promise((give) => setTimeout(f, 1, give))],
  "a microtask": [() => (give) => give(1), (f) => new Promise((give) => queueMicrotask(() => f(give)))],
};

/** What comes of a shape, whatever it is. */
async function outcome(make, use, wrap) {
  try {
    return { gave: await use(wrap(make())) };
  } catch (error) {
    return { threw: error };
  }
}

const count = Object.keys(SHAPES).length;

for (const level of ["no monitor", "full", "aggregate", "off"]) {
  test(`${count} shapes do the same watched, ${level}`, async (t) => {
    assert.ok(count >= 50);
    if (level !== "no monitor") await monitoring.start({ path: path.join(folder(t), "monitoring.db"), adaptive: false, level });
    try {
      for (const [name, [make, use]] of Object.entries(SHAPES)) {
        const bare = await outcome(make, use, (fn) => fn);
        for (const options of [[], [{ args: "values", started: true }]]) {
          const watched = await outcome(make, use, (fn) => monitorAll(fn, ...options));
          assert.deepEqual(watched, bare, name);
          // What is thrown is the same thing, and not one like it.
          assert.equal(watched.threw, bare.threw, name);
        }
      }
      if (level !== "no monitor") {
        const { complete } = await monitoring.flush();
        assert.ok(complete);
        const status = await monitoring.status();
        assert.equal(status.dropped.refused, 0);
        assert.equal(status.calls > 0, level !== "off");
      }
    } finally {
      if (level !== "no monitor") await monitoring.stop();
    }
  });
}
