const assert = require("node:assert");

const { checkedTotalOf, totalOf } = require("./cart");

const tea = { price: { amount: 1 } };

it("passes", () => {
  assert.strictEqual(totalOf([tea]), 1);
});

describe("failing", () => {
  it("assertion", () => {
    assert.strictEqual(totalOf([tea, tea]), 3);
  });

  it("assertion on structures", () => {
    assert.deepStrictEqual({ name: "tea", price: 3 }, { name: "tea", price: 4 });
  });

  it("assertion with a message", () => {
    assert.strictEqual(1, 2, "the cart should be empty");
  });

  it("nested cause", () => {
    checkedTotalOf([{}]);
  });

  it("plain exception", () => {
    totalOf([{}]);
  });

  it("time-out", function (done) {
    this.timeout(50);
    void done;
  });

  it("rejected promise", async () => {
    await Promise.reject(new Error("no answer"));
  });

  it("thrown text", () => {
    throw "only a text";
  });

  it("thrown object", () => {
    throw { code: 42 };
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
    assert.strictEqual("Müsli – 12 €", "Müsli – 13 € 🥣");
  });

  it("done called twice", (done) => {
    done();
    done();
  });
});

it.skip("skipped", () => {});

it("to do");

it("skips itself", function () {
  this.skip();
});

describe("retried", function () {
  this.retries(2);
  let attempts = 0;

  it("passes when run again", () => {
    attempts += 1;
    assert.strictEqual(attempts, 2);
  });

  it("fails also when run again", () => {
    attempts += 1;
    throw new Error(`attempt ${attempts}`);
  });
});

describe("before each fails", () => {
  beforeEach(() => {
    throw new Error("set-up failed");
  });
  it("one", () => {});
  it("two", () => {});
});

describe("before all fails", () => {
  before(() => {
    throw new Error("set-up of all failed");
  });
  it("one", () => {});
  it("two", () => {});
});

describe("after each fails", () => {
  afterEach(() => {
    throw new Error("clean-up failed");
  });
  it("passes before", () => {});
  it("never runs", () => {});
});
