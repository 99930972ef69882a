// Shows the newest numbers without losing the reader's place: not while something in the page has the focus or is open.
setInterval(async () => {
  if (document.hidden || document.querySelector("main :focus, main details[open]") || String(getSelection())) return;
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    document.querySelector("main").replaceWith(page.querySelector("main"));
    document.title = page.title;
  } catch {}
}, 15000);
