"""What the sandbox's Currents API does though no source confirms it.

A test that depends on one of these proves nothing about the live API.
"""

ASSUMPTIONS = (
    # Parameters
    "An unknown parameter, an empty one, a repeated single one and an unknown cursor answer 400.",
    "A limit above 50 answers 400 in every list.",
    "With ending_before, the items of a page are still newest first.",
    # Find run
    "Find run answers 413 where the JSON is larger than 1,000,000 bytes before gzip.",
    "A run of the oldest shape, which does not say whether it is complete, is.",
    # Writes
    "Cancel of a run that is over by itself answers 422.",
    "A canceled run has failed where a spec file or the run had failed so far, and else passed.",
    "One project shows cancellations as the reference does, the other as OpenAPI does.",
    "Cancel by GitHub CI finds the newest run in progress with «<run ID>-<attempt>» in ciBuildId.",
    "Reset of a canceled run, or where no spec failed on the machines, answers 422.",
    "Reset answers {runId}, and takes up again what failed by the vendor's rule.",
    "A spec that was reset stays claimed, and keeps the number of its tests.",
    "After a reset the run is in progress; its duration is what it was.",
    "Delete says that the actor is «API Request»; a deleted run's instances answer 404.",
    # Refusals
    "The texts of 401, 403 and 404; a wrong method answers 404.",
    "The read-only key may GET and nothing else; the one POST it may make is not served here.",
    # Runs
    "A run that timed out has failed, whatever its tests say.",
    "A run's duration goes from the first claim to the last claim or completion.",
    "A run's tags, and its groups', are those given to the runner, not those of its tests.",
    "timeoutValueMs is there where a run timed out, and for Cypress.",
    "A group of a Cypress run counts retries; one of Playwright says 0.",
    "A Cypress spec that has not reported has results, and no known test.",
    "An old Playwright reporter lists pictures in the run, and its instances have schema 2.",
    "The commit put in a pull request's place is the one CI made by merging it.",
    "Pull requests have a title in meta.pr, which is prTitle.",
    # Instances
    "The instance of a spec that is not claimed answers 404.",
    "Cypress instances have schema 1, and no results until the spec file is over.",
    "A Playwright test that is not done has no times; testResults lack it.",
    "A Playwright spec file that cannot be loaded has an exception and one failure of no test.",
    "The title lacks the @tags that the original title has; only titles with them were recorded.",
    "testAnnotations lack the tests that have none; the vendor's own types are passed on.",
    "An interrupted attempt has an error; the error displayed is that of the last attempt.",
    "A skipped test has one attempt of no duration by worker -1.",
    "The tests after a failure in a serial block are skipped in Playwright's words, so pending.",
    "A text that was cut has 2,048 characters with the line that says so.",
    "The rawStatus of an attempt that never ran is skipped.",
)
"""One sentence each."""
