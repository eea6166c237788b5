// Types decide nothing; what they surround does.
interface Options {
  depth?: number;
  run?(input: string): void;
}

function annotated(options: Options, depth: number = 3, name?: string): string {
  if (name) {
    return name;
  }
  return options.run && depth > 1 ? "deep" : "flat";
}

abstract class Shape {
  constructor(private readonly sides: number = 4) {
    this.sides = sides;
  }

  protected area(scale: number): number {
    return scale > 1 ? this.sides * scale : this.sides;
  }
}

function generic<T extends Options>(value: T, fallback: T): T {
  const chosen: T = value ?? fallback;
  return chosen as T;
}

namespace Inner {
  export function decide(value: unknown): boolean {
    return typeof value === "string" || value === null;
  }
}
