// Rules of Currents are applied by its fixtures.
const { fixtures } = require("@currents/playwright");
const base = require("@playwright/test");

exports.expect = base.expect;
exports.test = base.test.extend({ ...fixtures.baseFixtures, ...fixtures.actionFixtures });
