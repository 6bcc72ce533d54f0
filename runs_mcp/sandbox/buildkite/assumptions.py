"""What the sandbox's Buildkite API does though no source confirms it.

A test that depends on one of these proves nothing about the live API. The rest is as the vendor's
documentation or code has it.
"""

ASSUMPTIONS = (
    # Refusals
    "Whatever does not exist is 404 «Not Found»: also a wrong method or organization.",
    "A missing scope is 403 «Forbidden» on every path under it, whatever is there.",
    "The texts of 400, 401, 403, 404 and 422.",
    "An unknown token is refused before the limits are counted, a missing scope after that.",
    "A bad Buildkite-Version is 400 for every operation, and a good one changes none.",
    # Limits
    "The texts of a 429 and of RateLimit-Warning.",
    "The user's limit has a RateLimit-User-Scope and a RateLimit-User-Warning, too.",
    "A refused request counts for no limit.",
    # Pages
    "A page below 1 and a per_page below 1 or above 100 are 422.",
    "A page after the last is [] with links back; deep pages are never refused.",
    "Lists have the same order each time; runs are newest first.",
    "A list on one page has no Link header, others have first, prev, next and last.",
    # Suites, runs and failed executions
    "application_name is null; graphql_id, color and emoji are made up.",
    "A build_id in the query that is no UUID is 422; an unknown one gives [].",
    "A run shows its run_name as its ID.",
    "test_name is scope and name with a space between them.",
    "The values of collector.name and collector.version.",
    "All executions of one test, in all retries, share test_id and test_url.",
    "A part of failure_expanded that a collector does not send is absent.",
    # Tests of a build
    "Tests of a build without runs, or of no build, are 404; without any result so far [].",
    "Tags other than result with ~ or ^ say which executions are counted.",
    "The result with ~ or ^ says which tests are shown, by the executions that are counted.",
    "Values of one tag are alternatives; exclusions, and different tags, must all match.",
    "All labels must match; owners are alternatives; the branch is that of the execution.",
    "An unknown state, sort_by, order or result is 422, a tag without a colon, too.",
    "Tests that are equal in the sort order are ordered by their IDs; null comes last.",
    "reliability is passed among passed and failed executions in the build, null without any.",
    "Executions of muted tests are counted, those of skipped tests are counted as skipped.",
    "A test that is not part of the story has an empty scope and no file_name.",
    # Builds and jobs
    "Parts of a build that are excluded are absent.",
    "test_engine is absent where the build has no runs.",
    "A job has step_key and parallel_group_total, and a matrix from name to value or null.",
    "retries_count is the number of attempts before this one.",
    "job_state_counts counts the jobs that are shown.",
    "A muted test that fails leaves its job and its build passed, and its run failed.",
    # Tokens
    "expires_at is in the form of created_at, and absent where the token does not expire.",
)
"""One sentence each."""
