"""In which order what is shortened, until a record fits."""

from msgspec.structs import replace

from runs_mcp.answers.encoding import encoded_size
from runs_mcp.answers.reports import FailureList, ProjectList, RunList
from runs_mcp.answers.shortening import shortened_to
from runs_mcp.answers.trim import Trim
from runs_mcp.model import Error, Failure, ListedRun, Project

FAILURE = Failure(
    test="signs in › with a passkey",
    status="failed",
    spec="e2e/sign-in.spec.ts",
    error=Error(message="m" * 900, causes=("c" * 300, "d" * 300)),
    instance_id="i" * 36,
    url="https://app.currents.dev/instance/" + "i" * 36,
)


def test_a_record_that_fits_is_not_changed() -> None:
    assert shortened_to(encoded_size(FAILURE), FAILURE) is FAILURE


def test_texts_are_cut_no_more_than_needed() -> None:
    long_name = ProjectList(projects=(Project(project_id="p", name="n" * 5000),))
    assert len(shortened_to(2000, long_name).projects[0].name) == 1000
    assert len(shortened_to(700, long_name).projects[0].name) == 500


def test_a_cut_text_says_how_much_is_missing() -> None:
    message = shortened_to(1000, FAILURE).error.message
    assert message.startswith("mmm")
    assert message.endswith(" characters)")


def test_texts_in_a_list_are_cut_one_by_one() -> None:
    run = ListedRun(provider="currents", id="r", tags=("t" * 3000, "u"))
    first, second = shortened_to(2000, RunList(runs=(run,))).runs[0].tags
    assert first.startswith("ttt")
    assert len(first) <= 1000
    assert second == "u"


def test_the_end_of_a_title_stays() -> None:
    titled = replace(FAILURE, test="signs in › " + "x" * 900 + " › case 7")
    shorter = shortened_to(700, titled)
    assert shorter.test.startswith("signs in")
    assert shorter.test.endswith("case 7")


def test_paths_are_cut_once_texts_and_titles_are_as_short_as_they_can_be() -> None:
    nested = replace(FAILURE, spec="p" * 300)
    assert shortened_to(700, nested).spec == nested.spec
    assert len(shortened_to(400, nested).spec) <= 120


def test_the_first_text_of_a_list_stays() -> None:
    caused = replace(FAILURE, error=Error(causes=("c" * 300,) * 30))
    assert len(shortened_to(600, caused).error.causes) == 30
    first, others = shortened_to(450, caused).error.causes
    assert first.startswith("ccc")
    assert others == "+29 more"


def test_tags_are_left_out_and_counted() -> None:
    run = ListedRun(provider="currents", id="r", tags=("t" * 64,) * 12, tags_omitted=3)
    assert len(shortened_to(250, run).tags) == 12
    shorter = shortened_to(120, run)
    assert (shorter.tags, shorter.tags_omitted) == ((), 15)


def test_a_long_url_is_left_out_and_not_cut() -> None:
    addressed = replace(FAILURE, test_url="https://a.example/" + "u" * 400)
    shorter = shortened_to(400, addressed)
    assert shorter.test_url == ""
    assert shorter.url == FAILURE.url


def test_a_report_says_that_urls_are_left_out() -> None:
    report = FailureList(
        failures=(replace(FAILURE, url="https://a.example/" + "u" * 400),),
        trim=Trim(trimmed=True, shown=1, reason="next_cursor gives the rest", next_cursor="abc"),
    )
    reason = "long URLs are left out"
    assert shortened_to(500, report).trim.reason == f"{reason}; next_cursor gives the rest"
    alone = replace(report, trim=replace(report.trim, reason=""))
    assert shortened_to(500, alone).trim.reason == reason


def test_ids_are_cut_last_if_at_all() -> None:
    identified = replace(FAILURE, execution_id="e" * 128)
    assert shortened_to(500, identified).execution_id == identified.execution_id
    assert len(shortened_to(250, identified).execution_id) < 128
    assert shortened_to(250, identified, keep_ids=True).execution_id == identified.execution_id


def test_a_cursor_is_never_cut() -> None:
    report = ProjectList(projects=(Project(project_id="p" * 128),), next_cursor="c" * 400)
    assert shortened_to(100, report).next_cursor == report.next_cursor
