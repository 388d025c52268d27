// Small helps; every page works without them, but for what changes by itself.
"use strict";

// data-poll="ADDRESS" data-every="MS": the part is fetched again until the answer bears X-Done.
function poll(part) {
  const again = async () => {
    try {
      const answer = await fetch(part.dataset.poll, { credentials: "same-origin" });
      if (answer.ok) {
        const low = part.scrollTop + part.clientHeight >= part.scrollHeight - 30;
        const inner = part.firstElementChild;
        const innerLow = inner && inner.scrollTop + inner.clientHeight >= inner.scrollHeight - 30;
        const text = await answer.text();
        if (part.dataset.seen !== text) {
          part.dataset.seen = text;
          part.innerHTML = text; // made by our templates, escaped there
          part.querySelectorAll("[data-graph]").forEach(zoomable);
          if (low) part.scrollTop = part.scrollHeight;
          const now = part.firstElementChild;
          if (innerLow && now) now.scrollTop = now.scrollHeight;
        }
        if (answer.headers.get("X-Done")) return;
      }
    } catch (error) { /* the server is away; it may come back */ }
    setTimeout(again, Number(part.dataset.every || 2000));
  };
  setTimeout(again, "soon" in part.dataset ? 20 : Number(part.dataset.every || 2000));
}

function zoomable(box) {
  const svg = box.querySelector("svg");
  const width = Number(svg.getAttribute("width")), height = Number(svg.getAttribute("height"));
  let scale = 1;
  const show = () => { svg.setAttribute("width", width * scale); svg.setAttribute("height", height * scale); };
  const fit = () => { scale = Math.min(1, Math.max(0.45, (box.querySelector(".scroll").clientWidth - 14) / width)); show(); };
  box.querySelectorAll("[data-zoom]").forEach((button) => button.addEventListener("click", () => {
    const step = Number(button.dataset.zoom);
    if (!step) { fit(); return; }
    scale = Math.min(3, Math.max(0.2, scale * (step > 0 ? 1.25 : 0.8)));
    show();
  }));
  fit();
}

document.querySelectorAll("[data-poll]").forEach(poll);
document.querySelectorAll("[data-graph]").forEach(zoomable);
document.querySelectorAll("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
  await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
  button.textContent = "Copied";
}));
document.querySelectorAll("[data-end]").forEach((part) => { part.scrollTop = part.scrollHeight; });
document.querySelectorAll("form[data-once]").forEach((form) => form.addEventListener("submit", () => {
  form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
}));
