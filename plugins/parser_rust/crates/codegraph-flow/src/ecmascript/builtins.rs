//! Names that every JavaScript program may use without binding them.

/// ECMA-262's global object, and what browsers, Node.js and CommonJS modules add to it.
pub(super) const NAMES: &str = "\
AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError \
FinalizationRegistry Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl Iterator JSON \
Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String \
SuppressedError Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap \
WeakRef WeakSet decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval globalThis isFinite isNaN \
parseFloat parseInt unescape \
AbortController AbortSignal Blob Buffer Event EventTarget FormData Headers Request Response TextDecoder TextEncoder \
URL URLSearchParams WebSocket Worker XMLHttpRequest alert atob btoa cancelAnimationFrame clearImmediate clearInterval \
clearTimeout console crypto document fetch global localStorage location navigator performance process queueMicrotask \
requestAnimationFrame sessionStorage setImmediate setInterval setTimeout structuredClone window \
__dirname __filename exports module require";
