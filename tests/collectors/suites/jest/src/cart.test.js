const { checkedTotalOf, totalOf } = require("./cart");

const tea = { price: { amount: 1 } };

test("passes", () => {
  expect(totalOf([tea])).toBe(1);
});

describe("failing", () => {
  test("assertion", () => {
    expect(totalOf([tea, tea])).toBe(3);
  });

  test("assertion on structures", () => {
    expect({ name: "tea", price: 3 }).toEqual({ name: "tea", price: 4 });
  });

  test("nested cause", () => {
    checkedTotalOf([{}]);
  });

  test("plain exception", () => {
    totalOf([{}]);
  });

  test("time-out", async () => {
    await new Promise(() => {});
  }, 50);

  test("rejected promise", async () => {
    await Promise.reject(new Error("no answer"));
  });

  test("thrown text", () => {
    throw "only a text";
  });

  test("thrown object", () => {
    throw { code: 42 };
  });

  test("thrown nothing", () => {
    throw undefined;
  });

  test("error without a message", () => {
    throw new Error();
  });

  test("long message", () => {
    throw new Error("begin " + "0123456789 ".repeat(60) + "end");
  });

  test("message of two lines", () => {
    throw new Error("first line\nsecond line");
  });

  test("unicode: Müsli 🥣", () => {
    expect("Müsli – 12 €").toBe("Müsli – 13 € 🥣");
  });

  test("group of errors", () => {
    throw new AggregateError([new Error("first"), new TypeError("second")], "two of them");
  });

  test.failing("expected to fail but passes", () => {});
});

test.failing("expected to fail and fails", () => {
  throw new Error("known");
});

test.skip("skipped", () => {});

test.todo("to do");

test.each([1, 2])("each of them: %d", (price) => {
  expect(price).toBe(1);
});

describe("before each fails", () => {
  beforeEach(() => {
    throw new Error("set-up failed");
  });
  test("one", () => {});
});

describe("before all fails", () => {
  beforeAll(() => {
    throw new Error("set-up of all failed");
  });
  test("one", () => {});
  test("two", () => {});
});

describe("after each fails", () => {
  afterEach(() => {
    throw new Error("clean-up failed");
  });
  test("passes before", () => {});
  test("fails before", () => {
    throw new Error("and the test, too");
  });
});

describe("after all fails", () => {
  afterAll(() => {
    throw new Error("clean-up of all failed");
  });
  test("passes before", () => {});
});
