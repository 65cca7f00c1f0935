// Decorators as the standard has them and, in a second run of `tsc`, as `experimentalDecorators` does; tests/node/monitoring.test.mjs runs it.
import { monitoring } from "viralnow";

const { monitorAll } = monitoring;

export class Shop {
  static opened = 0;

  @monitorAll
  price(clips: number): number {
    return clips * 2;
  }

  @monitorAll({ weight: 3, name: "deliver" })
  async send(to: string): Promise<string> {
    await null;
    return to;
  }

  @monitorAll({ args: "none" })
  static open(): number {
    return ++Shop.opened;
  }

  @monitorAll
  get till(): number {
    return 5;
  }

  @monitorAll
  *items(): Generator<number> {
    yield 1;
  }
}

@monitorAll
export class Stall {
  price(): number {
    return 1;
  }
}

@monitorAll({ name: "Kiosk" })
export class Booth {
  price(): number {
    return 2;
  }
}

// Functions keep their types.
const watched: (a: number, b?: string) => Promise<number> = monitorAll(async (a: number, _b?: string) => a);
export const made: Promise<number> = watched(1);
// @ts-expect-error it is a function of a number
watched("1");
// @ts-expect-error there is no such policy
monitorAll(() => 1, { args: "all" });
