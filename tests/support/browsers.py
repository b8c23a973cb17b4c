"""The machine's Chromium, driven by playwright; nothing leaves the machine."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()
MISSING = "no Chromium on this machine"


def chromium() -> str | None:
    """Where the machine's Chromium is."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def launched() -> Iterator[Browser]:
    """A headless browser for the session."""
    options = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else QUIET
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=options, headless=True)
        yield browser
        browser.close()


def open_context(browser: Browser, base: str, strangers: list[str], **options: object) -> BrowserContext:
    """A fresh profile that reaches the site and nothing else; other addresses land in `strangers`."""
    context = browser.new_context(base_url=base, locale="zh-CN", timezone_id="Asia/Shanghai", **options)
    home = urlsplit(base).netloc

    def guard(route: Route) -> None:
        if urlsplit(route.request.url).netloc == home:
            route.continue_()
        else:
            strangers.append(route.request.url)
            route.abort()

    context.route("**/*", guard)
    context.set_default_timeout(15_000)
    return context


def watch(page: Page, problems: list[str]) -> Page:
    """Collect what the page itself complains about: script errors, broken policy, failed loads."""
    page.on("pageerror", lambda error: problems.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda message: (
            problems.append(f"{page.url}: {message.text}")
            if message.type == "error" and "Content Security Policy" in message.text
            else None
        ),
    )
    return page
