const { checkedTotalOf, totalOf } = require("./cart");

const tea = { price: { amount: 1 } };

it("passes", () => {
  expect(totalOf([tea])).toBe(1);
});

describe("failing", () => {
  it("assertion", () => {
    expect(totalOf([tea, tea])).toBe(3);
  });

  it("assertion on structures", () => {
    expect({ name: "tea", price: 3 }).toEqual({ name: "tea", price: 4 });
  });

  it("two assertions", () => {
    expect(1).toBe(2);
    expect("a").toBe("b");
  });

  it("nested cause", () => {
    checkedTotalOf([{}]);
  });

  it("plain exception", () => {
    totalOf([{}]);
  });

  it("rejected promise", async () => {
    await Promise.reject(new Error("no answer"));
  });

  it("error without a message", () => {
    throw new Error();
  });

  it("long message", () => {
    throw new Error("begin " + "0123456789 ".repeat(60) + "end");
  });

  it("message of two lines", () => {
    throw new Error("first line\nsecond line");
  });

  it("unicode: Müsli 🥣", () => {
    expect("Müsli – 12 €").toBe("Müsli – 13 € 🥣");
  });
});

xit("skipped", () => {});

it("to do");

it("skips itself", () => {
  pending("no printer");
});

describe("before each fails", () => {
  beforeEach(() => {
    throw new Error("set-up failed");
  });
  it("one", () => {});
});

describe("before all fails", () => {
  beforeAll(() => {
    throw new Error("set-up of all failed");
  });
  it("one", () => {});
});
