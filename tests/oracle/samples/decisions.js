// Each function holds one kind of decision, written so that lizard reads it without tripping.
function straight(a) {
  const b = a + 1;
  return b;
}

function branches(a) {
  if (a > 1) {
    return 1;
  } else if (a > 0) {
    return 2;
  } else {
    return 3;
  }
}

function loops(list) {
  for (let i = 0; i < 3; i++) {
    list.push(i);
  }
  for (const item of list) {
    item.run();
  }
  for (const key in list) {
    key.run();
  }
  while (list.length) {
    list.pop();
  }
  do {
    list.push(1);
  } while (list.length < 3);
}

function cases(kind) {
  switch (kind) {
    case 1:
    case 2:
      return "few";
    case 3:
      return "three";
    default:
      return "many";
  }
}

function guarded(action) {
  try {
    return action();
  } catch (error) {
    return error;
  } finally {
    action.close();
  }
}

function guardedWithoutName(action) {
  try {
    return action();
  } catch {
    return null;
  }
}

function logical(a, b, c) {
  return a && b || c ?? a;
}

function logicalAssignment(a, b) {
  a ??= b;
  a ||= b;
  a &&= b;
  a += b;
  return a;
}

function optional(a) {
  return a?.b?.[0]?.(1);
}

function ternary(a) {
  return a ? 1 : 2;
}

function defaults(a = 1, { b = 2, c: [d = 3] = [] } = {}, ...rest) {
  const { e = 4, f: { g = 5 } = {} } = a;
  const [h = 6] = b;
  return [a, b, d, e, g, h, rest];
}

function decisionsInDefaults(a = b || c, { d = e ? 1 : 2 } = {}) {
  return a + d;
}

class Box {
  constructor(value) {
    this.value = value || 0;
  }

  get size() {
    if (this.value) {
      return 1;
    }
    return 0;
  }

  static of(value) {
    return value && new Box(value);
  }

  async *items() {
    for await (const item of this.value) {
      yield item;
    }
  }
}

function nested(list) {
  function inner(item) {
    if (item) {
      return item;
    }
    return 0;
  }
  if (list) {
    return list.map(inner);
  }
  return [];
}

const arrow = (a) => {
  if (a) {
    return 1;
  }
  return 0;
};
