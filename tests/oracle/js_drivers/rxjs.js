// Exercises the npm package `rxjs` through its creation functions and operators.
"use strict";
const path = require("path");
const root = process.argv[2];
const base = require("fs").existsSync(path.join(root, "dist")) ? path.join(root, "dist", "cjs") : root;
const rx = require(path.join(base, "index.js"));
const op = require(path.join(base, "operators", "index.js"));
const { of, from, range, EMPTY, NEVER, throwError, Subject, BehaviorSubject, ReplaySubject, AsyncSubject, Observable, defer } = rx;
const quiet = { next() {}, error() {}, complete() {} };
const run = (o) => { try { return o.subscribe(quiet); } catch { return undefined; } };
const items = () => of(3, 1, 2, 2);
const bad = () => throwError(() => new Error("bad"));
const inner = (x) => of(x, x + 1);
const unary = {
  audit: [() => rx.timer(1)], auditTime: [1], buffer: [of(1)], bufferCount: [2, 1], bufferTime: [1], bufferToggle: [of(1), () => of(2)], bufferWhen: [() => rx.timer(1)],
  catchError: [() => of(1)], combineLatestAll: null, combineLatestWith: [of(1)], concatAll: null, concatMap: [inner], concatMapTo: [of(1)], concatWith: [of(2)],
  connect: [(s) => rx.merge(s, s)], count: [(x) => x > 1], debounce: [() => rx.timer(1)], debounceTime: [1], defaultIfEmpty: [0], delay: [1], delayWhen: [() => rx.timer(1)],
  distinct: [(x) => x], distinctUntilChanged: [], distinctUntilKeyChanged: ["k"], elementAt: [1], endWith: [9], every: [(x) => x > 0], exhaustAll: null, exhaustMap: [inner],
  expand: [(x) => (x < 5 ? of(x + 1) : EMPTY)], filter: [(x) => x > 1], finalize: [() => {}], find: [(x) => x === 2], findIndex: [(x) => x === 2], first: [(x) => x > 1],
  groupBy: [(x) => x % 2], ignoreElements: [], isEmpty: [], last: [], map: [(x) => x * 2], mapTo: [1], materialize: [], max: [], mergeAll: null, mergeMap: [inner, 2], mergeScan: [(a, x) => of(a + x), 0],
  mergeWith: [of(1)], min: [], multicast: [() => new Subject()], observeOn: [rx.asyncScheduler], onErrorResumeNextWith: [of(1)], pairwise: [], partition: null, pluck: ["k"], publish: [], publishBehavior: [1],
  publishLast: [], publishReplay: [1], raceWith: [of(1)], reduce: [(a, x) => a + x, 0], refCount: null, repeat: [2], repeatWhen: [() => of(1)], retry: [1], retryWhen: [(e) => e.pipe(op.take(1))],
  sample: [of(1)], sampleTime: [1], scan: [(a, x) => a + x], sequenceEqual: [of(1, 2)], share: [], shareReplay: [1], single: [(x) => x === 3], skip: [1], skipLast: [1], skipUntil: [of(1)], skipWhile: [(x) => x > 2],
  startWith: [0], subscribeOn: [rx.asapScheduler], switchAll: null, switchMap: [inner], switchMapTo: [of(1)], switchScan: [(a, x) => of(a + x), 0], take: [2], takeLast: [2], takeUntil: [rx.timer(2)], takeWhile: [(x) => x > 2],
  tap: [(x) => x], throttle: [() => rx.timer(1)], throttleTime: [1], throwIfEmpty: [], timeInterval: [], timeout: [5], timeoutWith: [5, of(1)], timestamp: [], toArray: [], window: [of(1)], windowCount: [2], windowTime: [1],
  windowToggle: [of(1), () => of(2)], windowWhen: [() => rx.timer(1)], withLatestFrom: [of(1), (a, b) => a + b], zipAll: null, zipWith: [of(1)], flatMap: [inner], combineLatest: [of(1)], concat: [of(1)], merge: [of(1)], race: [of(1)], zip: [of(1)], onErrorResumeNext: [of(1)], exhaust: null,
};
for (const [name, given] of Object.entries(unary)) {
  if (!op[name]) continue;
  if (given === null) { if (name.endsWith("All") || name === "exhaust") run(from([of(1), of(2)]).pipe(op[name]())); continue; }
  for (const source of [items, bad, () => EMPTY]) { try { run(source().pipe(op[name](...given))); } catch { /* some refuse */ } }
}
run(items().pipe(op.materialize(), op.dematerialize()));
run(items().pipe(op.tap({ next() {}, complete() {}, subscribe() {}, unsubscribe() {}, finalize() {} })));
run(bad().pipe(op.retry({ count: 2, delay: 1 }))); run(items().pipe(op.share({ connector: () => new ReplaySubject(), resetOnComplete: () => rx.timer(1) })));
run(items().pipe(op.timeout({ each: 1, with: () => of(1) }))); run(items().pipe(op.groupBy((x) => x, { duration: () => rx.timer(1), element: (x) => x }), op.mergeAll()));
run(rx.ajax ? of(1) : of(2)); run(range(1, 3)); run(rx.generate({ initialState: 0, condition: (x) => x < 3, iterate: (x) => x + 1 })); run(rx.iif(() => true, of(1), of(2)));
run(rx.interval(1).pipe(op.take(2))); run(rx.timer(1, 1).pipe(op.take(2))); run(rx.using(() => ({ unsubscribe() {} }), () => of(1))); run(defer(() => Promise.resolve(1))); run(rx.pairs ? rx.pairs({ a: 1 }) : EMPTY);
run(rx.forkJoin([of(1), of(2)])); run(rx.forkJoin({ a: of(1) })); run(rx.combineLatest([of(1), of(2)], (a, b) => a + b)); run(rx.combineLatest({ a: of(1) })); run(rx.concat(of(1), of(2))); run(rx.merge(of(1), of(2), 1));
run(rx.zip(of(1), of(2), (a, b) => a + b)); run(rx.race(of(1), of(2))); run(rx.onErrorResumeNext(bad(), of(1))); rx.partition(items(), (x) => x > 1).forEach(run); run(rx.bindCallback((x, f) => f(x))(1)); run(rx.bindNodeCallback((x, f) => f(null, x))(1));
run(rx.fromEvent(new (require("events"))(), "x")); run(rx.fromEventPattern((f) => f(1), () => {})); run(from([1, 2])); run(from(new Set([1]))); run(from(Promise.resolve(1))); run(from((async function* () { yield 1; })())); run(from("abc"));
run(rx.scheduled([1, 2], rx.asyncScheduler)); run(rx.scheduled(Promise.resolve(1), rx.queueScheduler)); run(rx.scheduled(of(1), rx.asapScheduler)); run(rx.scheduled(new Set([1]), rx.asyncScheduler)); run(rx.scheduled((async function* () { yield 1; })(), rx.asyncScheduler));
run(of(1, 2, rx.asyncScheduler)); run(range(1, 2, rx.asyncScheduler)); run(throwError("x", rx.asyncScheduler)); run(rx.connectable(items())); const c = rx.connectable(items()); run(c); c.connect();
for (const S of [Subject, AsyncSubject]) { const s = new S(); const u = run(s); s.next(1); s.complete(); u.unsubscribe(); s.asObservable(); const e = new S(); run(e); e.error(new Error("x")); }
const b = new BehaviorSubject(1); run(b); b.next(2); b.getValue(); b.value; b.complete(); const r = new ReplaySubject(2, 10); r.next(1); run(r); r.complete(); run(r); b.unsubscribe(); r.observed;
const sub = new rx.Subscription(() => {}); sub.add(() => {}); sub.add(new rx.Subscription()); sub.remove(rx.Subscription.EMPTY); sub.unsubscribe(); sub.add(() => {});
new Observable((s) => { s.next(1); s.add(() => {}); s.complete(); }).forEach(() => {}); rx.lastValueFrom(items()); rx.firstValueFrom(items()); rx.lastValueFrom(EMPTY, { defaultValue: 1 }); items().toPromise(); run(new Observable((s) => s.error(1))); items().subscribe(() => {});
rx.queueScheduler.schedule(function (n) { if (n) this.schedule(n - 1); }, 0, 2); rx.asapScheduler.schedule(() => {}); rx.asyncScheduler.schedule(() => {}, 1); rx.animationFrameScheduler.now(); new rx.VirtualTimeScheduler().flush();
const t = require(path.join(base, "testing", "index.js")); const ts = new t.TestScheduler((a, e) => require("assert").deepStrictEqual(a, e));
ts.run(({ cold, hot, expectObservable, expectSubscriptions, flush, time }) => { const x = cold("-a-b|"); expectObservable(x.pipe(op.map((v) => v + v))).toBe("-a-b|", { a: "aa", b: "bb" }); expectSubscriptions(x.subscriptions).toBe("^---!"); expectObservable(hot("^a-#").pipe(op.delay(time("-|")))).toBe("--a#"); });
rx.pipe(op.map((x) => x), op.filter(Boolean))(of(1)); rx.identity(1); rx.noop(); rx.isObservable(of(1)); rx.config.onUnhandledError = () => {}; op.toArray()(items()).pipe(op.mergeMap((x) => x)).subscribe(quiet); run(NEVER.pipe(op.takeUntil(of(1)))); setTimeout(() => process.exit(0), 300);
