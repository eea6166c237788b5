// Exercises the npm package `semver`.
"use strict";
const semver = require(require("path").join(process.argv[2], "index.js"));
const versions = ["1.2.3", "v2.0.0-beta.1", "0.0.1", "1.2.3-alpha.2+build.5", "3.0.0-rc.1", "10.4.0", "1.2", "bad", ""];
const ranges = ["^1.2.0", "~1.2", "1.x", ">=1.0.0 <2.0.0 || 3.*", "1.2.3 - 2.3.4", "*", "<0.0.0", ">1 <=2", "^0.0.1", "latest", "", "~>1.2.3-beta"];
const attempt = (f) => { try { f(); } catch (error) { if (!(error instanceof TypeError)) throw error; } };
for (const version of versions) {
  for (const options of [undefined, true, { loose: true }, { includePrerelease: true }]) {
    semver.valid(version, options); semver.clean(version, options); semver.parse(version, options);
    attempt(() => semver.parse(version, options, true));
    semver.coerce(version); semver.coerce(version, { rtl: true, includePrerelease: true }); semver.prerelease(version, options);
    for (const part of ["major", "minor", "patch"]) attempt(() => semver[part](version, options));
    for (const kind of ["major", "minor", "patch", "premajor", "preminor", "prepatch", "prerelease", "release"]) {
      semver.inc(version, kind, options, "beta"); semver.inc(version, kind, options, "beta", "1"); semver.inc(version, kind);
    }
    for (const other of versions) {
      for (const name of ["gt", "lt", "eq", "neq", "gte", "lte", "compare", "rcompare", "compareLoose", "compareBuild", "diff"]) {
        attempt(() => semver[name](version, other, options));
      }
      for (const operator of ["===", "!==", "", "=", "==", "!=", ">", ">=", "<", "<=", "?"]) attempt(() => semver.cmp(version, operator, other, options));
    }
    for (const range of ranges) {
      attempt(() => semver.satisfies(version, range, options));
      for (const side of ["gtr", "ltr"]) attempt(() => semver[side](version, range, options));
      for (const side of ["<", ">"]) attempt(() => semver.outside(version, range, side, options));
    }
  }
}
const good = versions.filter((version) => semver.valid(version));
semver.sort([...good]); semver.rsort([...good]);
for (const range of ranges) {
  semver.validRange(range); attempt(() => semver.toComparators(range)); attempt(() => semver.minVersion(range));
  semver.maxSatisfying(good, range); semver.minSatisfying(good, range); attempt(() => semver.simplifyRange(good, range));
  for (const other of ranges) {
    attempt(() => semver.intersects(range, other)); attempt(() => semver.subset(range, other));
    attempt(() => semver.subset(range, other, { includePrerelease: true }));
  }
  attempt(() => String(new semver.Range(range)));
}
String(new semver.SemVer("1.2.3")); new semver.SemVer("1.2.3-a").compareBuild("1.2.3-a+b");
attempt(() => String(new semver.Comparator(">=1.2.3")));
attempt(() => new semver.Comparator(">=1.2.3").intersects(new semver.Comparator("<2.0.0")));
attempt(() => new semver.Comparator("<1.2.3").intersects(new semver.Range("^1.0.0")));
attempt(() => new semver.Comparator("").test("1.0.0"));
semver.compareIdentifiers("1", "a"); semver.rcompareIdentifiers("1", "2");
