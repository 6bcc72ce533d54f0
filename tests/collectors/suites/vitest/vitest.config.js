import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    includeTaskLocation: process.env.WITHOUT_LOCATION !== "1",
    fileParallelism: false,
    reporters: ["buildkite-test-collector/vitest/reporter"],
  },
});
