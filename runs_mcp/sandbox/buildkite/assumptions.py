"""What the sandbox does though no source confirms it.

Whoever reads the real API's answers must not rely on any of this. The rest of the sandbox is as the
vendor's documentation or code has it.
"""

ASSUMPTIONS = (
    # Refusals
    "All that there is not is 404 «Not Found»: also a wrong method and a foreign organization.",
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
    "A page behind the last is [] with links back; deep pages are never refused.",
    "What is listed stands in the same order each time; runs newest first.",
    "A list on one page has no Link header, others have first, prev, next and last.",
    # Suites, runs and failed executions
    "application_name is null; graphql_id, color and emoji are made up.",
    "A build_id in the query that is no UUID is 422; an unknown one gives [].",
    "A run shows its run_name as its ID.",
    "test_name is scope and name with a blank between.",
    "The values of collector.name and collector.version.",
    "All executions of one test, whoever tried it again, share test_id and test_url.",
    "A part of failure_expanded that a collector does not send is absent.",
    # Tests of a build
    "Tests of a build without runs, or of no build, are 404; without any result so far [].",
    "Tags other than result with ~ or ^ say which executions are counted.",
    "The result with ~ or ^ says which tests are shown, by the executions that are counted.",
    "Several values of one tag are alternatives; excluded ones, and different tags, all hold.",
    "All labels must be there; owners are alternatives; the branch is that of the execution.",
    "An unknown state, sort_by, order or result is 422, a tag without a colon, too.",
    "Tests that are equal in the order asked for are ordered by their IDs; null comes last.",
    "reliability is passed among passed and failed executions in the build, null without any.",
    "Executions of muted tests are counted, those of skipped tests are counted as skipped.",
    "A test that is no part of the story has an empty scope and no file_name.",
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
"""A sentence for each assumption; those of one subject stand together."""
