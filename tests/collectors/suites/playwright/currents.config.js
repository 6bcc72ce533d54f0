module.exports = {
  ciBuildId: process.env.BUILD_NAME,
  projectId: "shop01",
  recordKey: "not-a-key",
  tag: ["nightly"],
};
