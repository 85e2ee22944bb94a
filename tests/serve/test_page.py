"""The page in a browser: type, wait, read; from the keyboard; nothing comes from elsewhere."""

import contextlib
import re
import shutil
import threading

import pytest
from served_models import ADDER, CAPTIONER, SENTIMENT, TAGGER, TRANSLATOR, WRITER, served

import rnn_zoo
from rnn_zoo.datasets import load
from rnn_zoo.decoding import Beam
from rnn_zoo.serve import server
from rnn_zoo.serve.app import PAGE, create_app
from rnn_zoo.serve.explanations import warm_up
from rnn_zoo.serve.limits import Limits
from rnn_zoo.serve.served_model import ServedModel

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDTHS = {"desktop": (1100, "light"), "phone": (390, "dark")}
EVERY = [SENTIMENT, TAGGER, TRANSLATOR, WRITER, CAPTIONER, ADDER]
slow_in_chromium = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium"),
]


def in_chromium(test):
    for mark in slow_in_chromium:
        test = mark(test)
    return test


def test_the_files_name_no_other_place():
    for path in PAGE.iterdir():
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]|@import|url\(", text), path
        assert " style=" not in text, f"{path}: the Content-Security-Policy forbids it"


def test_the_page_says_what_may_be_fetched(client):
    response = client(SENTIMENT).get("/")
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    for name in re.findall(r'(?:src|href)="(/[^"]+)"', response.text):
        assert client(SENTIMENT).get(name).status_code == 200, name


@contextlib.contextmanager
def serving(model):
    """The address at which a model is served."""
    limits = Limits()
    warm_up(model)
    listening = server.open_socket("127.0.0.1", 0)
    running = server.make_server(create_app(model, limits), limits.timeout)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(20)
        listening.close()


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright comes with `dev`")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, request):
    """A model to its page, on which it is checked that nothing fails or comes from elsewhere."""
    seen, problems = [], []

    def note(problem, expected):
        if expected not in problem:
            problems.append(problem)

    with contextlib.ExitStack() as stack:

        def opened(model, width=1100, scheme="light", refused="nothing"):
            address = stack.enter_context(serving(model))
            context = browser.new_context(
                viewport={"width": width, "height": 800}, color_scheme=scheme
            )
            stack.callback(context.close)
            page = context.new_page()
            page.on("request", lambda request: seen.append((address, request.url)))
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.on("console", lambda line: line.type == "error" and note(line.text, refused))
            page.goto(f"{address}/")
            page.wait_for_selector("main[aria-busy=false]")
            return page

        yield opened
    assert seen
    assert [url for address, url in seen if not url.startswith(f"{address}/")] == []
    assert problems == []


def wait_for(page, expression):
    """Until an expression is true; the page itself may evaluate none."""
    for _ in range(1200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within a minute: {expression}")


@in_chromium
def test_sentiment_word_by_word(opened):
    page = opened(served(SENTIMENT))
    text = "a witty joy , not a bore"
    page.keyboard.type(text)  # the text area has the focus from the start
    wait_for(page, "document.querySelector('.reading')?.innerText.endsWith('bore')")
    (expected,) = served(SENTIMENT).task.answers([text])
    share = f"{round(100 * expected['probability'])} %"
    assert page.inner_text("#answer") == f"{expected['label']} {share}"
    labels = page.eval_on_selector_all(".reading .word", "words => words.map(w => w.dataset.label)")
    prefixes = [" ".join(text.split()[: i + 1]) for i in range(7)]
    assert labels == [answer["label"] for answer in served(SENTIMENT).task.answers(prefixes)]
    spoken = page.get_attribute(".reading .word:nth-child(3)", "aria-label")
    assert re.fullmatch(r"joy: positive \d+ %", spoken)
    assert page.inner_text(".bars") == page.inner_text("ul[aria-label=Probabilities]")
    page.fill("#input", "")
    wait_for(page, "document.querySelectorAll('.reading .word').length === 0")
    assert page.inner_text("#answer") == ""


@in_chromium
def test_tags_over_words(opened):
    page = opened(served(TAGGER))
    page.keyboard.type("The fox jumps.")
    wait_for(page, "document.querySelectorAll('.tagged .span').length === 4")
    (tags,) = served(TAGGER).task.tag([["The", "fox", "jumps", "."]])
    spans = page.eval_on_selector_all(
        ".tagged .span",
        "all => all.map(s => [s.children[0].textContent, s.children[1].textContent])",
    )
    assert spans == [list(pair) for pair in zip(tags, ["The", "fox", "jumps", "."], strict=True)]
    assert page.inner_text("#answer").startswith(f"The: {tags[0]}, fox: {tags[1]}")
    present = page.eval_on_selector_all(".legend li:not(.absent)", "all => all.length")
    assert present == len(set(tags))
    colors = page.eval_on_selector_all(
        ".tagged .words", "all => all.map(w => getComputedStyle(w).backgroundColor)"
    )
    assert len(set(colors)) == len(set(tags))


@in_chromium
def test_spans_are_joined(opened, monkeypatch):
    task = rnn_zoo.get("tagger_lstm", units=4, min_count=1)
    tags = [["B-ORG", "O", "B-LOC", "I-LOC"]]
    task.adapt([["EU", "rejects", "New", "York"]], tags)
    model = ServedModel("tiny", task)
    page = opened(model)
    monkeypatch.setattr(model, "answers", lambda inputs: tags)
    page.keyboard.type("EU rejects New York")
    wait_for(page, "document.querySelectorAll('.tagged .span').length === 3")
    marked = page.eval_on_selector_all(".tagged .marked", "all => all.map(s => s.innerText)")
    assert [text.split("\n") for text in marked] == [["ORG", "EU"], ["LOC", "New York"]]


@in_chromium
def test_a_translation_and_its_alignment(opened):
    page = opened(served(TRANSLATOR))
    text = "Ich möchte ein Glas Wasser."
    page.keyboard.type(text)
    (expected,) = served(TRANSLATOR).task.generate([text], Beam(width=4))
    wait_for(page, f"document.getElementById('answer').textContent === {expected!r}")
    weights = "all => all.map(b => Number(b.dataset.weight))"
    page.hover("#target button:text-is('glass')")
    read = page.eval_on_selector_all("#source button", weights)
    words = page.eval_on_selector_all("#source button", "all => all.map(b => b.textContent)")
    assert words[read.index(max(read))] == "Glas"
    assert sum(read) == pytest.approx(1, abs=0.05)
    page.hover("#source button:text-is('Wasser')")
    written = page.eval_on_selector_all("#target button", weights)
    words = page.eval_on_selector_all("#target button", "all => all.map(b => b.textContent)")
    assert words[written.index(max(written))] == "water"
    page.focus("#target button")  # the same from the keyboard
    for _ in range(3):
        page.keyboard.press("Tab")
    assert re.fullmatch(
        r"glass: looked at Glas, \d+ %",
        page.evaluate("document.activeElement.getAttribute('aria-label')"),
    )
    read = page.eval_on_selector_all("#source button", weights)
    assert max(read) == read[3]


@in_chromium
def test_the_beam_is_a_tree(opened):
    page = opened(served(TRANSLATOR))
    page.keyboard.type("Wo ist der Bahnhof?")
    (answer,) = served(TRANSLATOR).task.generate(["Wo ist der Bahnhof?"], Beam(width=4))
    wait_for(page, f"document.getElementById('answer').textContent === {answer!r}")
    best = page.eval_on_selector_all(
        ".tree g.best text:not(.share)", "all => all.map(t => t.textContent)"
    )
    assert " ".join(best) == f"{answer} end"
    paths = page.eval_on_selector_all(".tree path", "all => all.length")
    assert paths == page.eval_on_selector_all(".tree circle", "all => all.length") - 1 > len(best)
    page.focus("#width")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    wait_for(page, "document.querySelectorAll('.ranked li').length === 1")
    assert page.get_attribute(".tree", "aria-label").endswith(f"the best path is {' '.join(best)}")


@in_chromium
def test_a_text_is_written_as_one_watches(opened, monkeypatch):
    # With a seed by chance the text may end early.
    monkeypatch.setattr("rnn_zoo.serve.writing.random.randrange", lambda _: 1)
    page = opened(served(WRITER))
    page.keyboard.type("the list")
    page.keyboard.press("Control+Enter")
    wait_for(page, "document.querySelectorAll('#text span').length > 5")
    assert page.get_attribute("#text", "class").endswith("busy")
    wait_for(page, "document.querySelectorAll('[data-cell]').length > 100")
    wait_for(page, "document.getElementById('stop').disabled")
    assert page.inner_text("#text").startswith("the list ")
    assert page.eval_on_selector_all("#text span", "all => all.length") == 122
    before = page.eval_on_selector_all("#text span", "all => all.map(s => s.dataset.cell)")
    page.focus("#cell")
    page.keyboard.press("ArrowRight")
    after = page.eval_on_selector_all("#text span", "all => all.map(s => s.dataset.cell)")
    assert before != after
    page.click("[data-cell]:is(button):nth-child(2)")
    assert page.get_attribute("button[data-cell]:nth-child(2)", "aria-pressed") == "true"
    assert page.inner_text("#answer").startswith("Written: the list")


@in_chromium
def test_writing_can_be_stopped(opened):
    page = opened(served(WRITER))
    page.fill("#length", "400")
    page.click("#write")
    wait_for(page, "document.querySelectorAll('#text span').length > 5")
    page.click("#stop")
    wait_for(page, "document.getElementById('stop').disabled")
    assert page.eval_on_selector_all("#text span", "all => all.length") < 390


@in_chromium
def test_an_image_is_chosen_or_dropped(opened, strips, in_base64, tmp_path):
    page = opened(served(CAPTIONER))
    captions = served(CAPTIONER).task.generate(strips[0])
    (tmp_path / "a.png").write_bytes(strips[0][0])
    page.set_input_files("#input", tmp_path / "a.png")
    wait_for(page, f"document.getElementById('answer').textContent === {captions[0]!r}")
    page.evaluate(
        """content => {
            const bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], "b.png", { type: "image/png" }));
            const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true });
            document.getElementById("drop").dispatchEvent(drop);
        }""",
        in_base64[1],
    )
    wait_for(page, f"document.getElementById('answer').textContent === {captions[1]!r}")
    assert page.get_attribute("#drop canvas", "aria-label") == f"The image: {captions[1]}"
    (tmp_path / "c.png").write_bytes(b"no image")
    page.set_input_files("#input", tmp_path / "c.png")
    wait_for(page, "!document.querySelector('[role=alert]').hidden")
    assert "c.png is no image" in page.inner_text("[role=alert]")


@in_chromium
def test_where_a_captioner_looks(opened, strips, tmp_path):
    settings = {"units": 16, "embedding_dim": 8, "filters": [4], "grid": 2, "orientations": None}
    task = rnn_zoo.get(
        "caption_lstm_attention",
        **settings, encoder="convolutional", shape=[8, 40, 1], min_count=1, max_length=4,
    )  # fmt: skip
    train = load("digit_strips", "captioned_images").train
    task.fit(train.inputs[:64], train.targets[:64], verbose=0)
    page = opened(ServedModel("tiny", task))
    (tmp_path / "a.png").write_bytes(strips[0][0])
    page.set_input_files("#input", tmp_path / "a.png")
    (caption,) = task.generate([strips[0][0]])
    wait_for(page, "document.querySelectorAll('.glances button').length > 0")
    assert page.inner_text(".glances").split() == caption.split()
    pixels = "document.querySelector('#drop canvas').toDataURL()"
    before = page.evaluate(pixels)
    page.focus(".glances button")
    assert page.evaluate(pixels) != before
    assert page.get_attribute(".glances button", "aria-pressed") == "true"


@in_chromium
def test_a_value_for_a_series(opened):
    page = opened(served(ADDER))
    page.fill("#input", "0.25 1\n0.5 1\n")
    ((value,),) = served(ADDER).task.answers([[[0.25, 1], [0.5, 1]]])
    wait_for(page, "document.getElementById('answer').textContent !== ''")
    assert float(page.inner_text("#answer")) == pytest.approx(value, abs=1e-3)
    assert page.eval_on_selector_all(".series polyline", "all => all.length") == 2
    page.fill("#input", "0.25 x")
    wait_for(page, "!document.querySelector('[role=alert]').hidden")


@in_chromium
@pytest.mark.parametrize("form", WIDTHS)
@pytest.mark.parametrize("name", EVERY)
def test_everything_has_a_name_and_a_place(opened, name, form):
    width, scheme = WIDTHS[form]
    page = opened(served(name), width, scheme)
    assert page.evaluate("document.activeElement.id") == "input"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    nameless = page.evaluate(
        """() => [...document.querySelectorAll("input, textarea, button, canvas, svg")]
            .filter(e => !e.labels?.length && !e.getAttribute("aria-label"))
            .filter(e => !e.textContent.trim())
            .map(e => e.outerHTML)"""
    )
    assert nameless == []
    assert page.get_attribute("html", "lang") == "en"
    assert page.locator("h1").count() == page.locator("main").count() == 1
    assert page.locator("[aria-live]").count() == 1
    is_dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    assert (is_dark == "rgb(19, 21, 25)") == (scheme == "dark")
    page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) == "solid"


@in_chromium
def test_what_is_refused_is_said(opened):
    page = opened(served(SENTIMENT), refused="422")
    page.route("**/explain", lambda route: route.continue_(post_data='{"input": 3}'))
    page.keyboard.type("a")
    wait_for(page, "!document.querySelector('[role=alert]').hidden")
    assert "Input should be a valid string" in page.inner_text("[role=alert]")
