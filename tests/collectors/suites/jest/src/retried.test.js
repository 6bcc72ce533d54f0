jest.retryTimes(2);

let attempts = 0;

test("passes when run again", () => {
  attempts += 1;
  expect(attempts).toBe(2);
});
