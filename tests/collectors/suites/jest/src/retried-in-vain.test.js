jest.retryTimes(1);

let attempts = 0;

test("fails also when run again", () => {
  attempts += 1;
  throw new Error(`attempt ${attempts}`);
});
