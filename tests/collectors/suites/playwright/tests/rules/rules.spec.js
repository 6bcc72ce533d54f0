const { test } = require("../fixtures");

test("to be quarantined", async () => {
  throw new Error("failed in quarantine");
});

test("quarantined in vain", async () => {});

test("to be skipped by a rule", async () => {
  throw new Error("never thrown");
});

test("to be tagged by a rule", async () => {});
