const { test } = require("@playwright/test");

test("never collected", async () => {
