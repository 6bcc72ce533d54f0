const { defineConfig } = require("@playwright/test");

const reporters = {
  buildkite: ["buildkite-test-collector/playwright/reporter"],
  currents: ["@currents/playwright"],
};

module.exports = defineConfig({
  expect: { timeout: 300 },
  projects: [
    { name: "api", testMatch: "api/*.spec.js" },
    { name: "set-up", testMatch: "set-up/*.spec.js" },
    { name: "after set-up", testMatch: "after/*.spec.js", dependencies: ["set-up"] },
    { name: "halted", testMatch: "halted/*.spec.js", fullyParallel: true, retries: 1 },
    { name: "rules", testMatch: "rules/*.spec.js" },
    { name: "bad", testMatch: "bad/*.spec.js" },
  ],
  reporter: [reporters[process.env.REPORTER]],
  testDir: "tests",
  workers: 1,
});
