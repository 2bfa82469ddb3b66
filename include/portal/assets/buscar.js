// The search page: Pagefind's index of this site, with filters. Nothing is asked of another host, and every
// text that comes from the index is put in as text.
const form = document.getElementById("buscador");
const box = document.getElementById("q");
const filters = document.getElementById("filtros");
const state = document.getElementById("estado");
const results = document.getElementById("resultados");
const list = document.getElementById("lista");
const everything = document.getElementById("todos");
const more = document.getElementById("mas");
const root = new URL(form.dataset.raiz, document.baseURI);
const STEP = 20;
const ORDER = ["Tema", "Institución", "Formato", "Licencia", "Protección", "Tipo"];

let engine;
let found = [];
let shown = 0;
let turn = 0;
const chosen = new Map();

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

async function load() {
  if (engine) return engine;
  engine = await import(new URL(form.dataset.motor, document.baseURI));
  await engine.options({ baseUrl: root.pathname, excerptLength: 24 });
  await engine.init();
  return engine;
}

// An excerpt is text with <mark> around what was found: it is taken apart, never put in as HTML. It is cut out of
// the middle of a text, and says so where it begins or ends within a sentence.
function excerpt(html) {
  const line = element("p");
  html.split(/(<mark>.*?<\/mark>)/s).forEach((part) => {
    const hit = /^<mark>(.*)<\/mark>$/s.exec(part);
    const text = new DOMParser().parseFromString(`<body>${hit ? hit[1] : part}`, "text/html").body.textContent;
    line.append(hit ? element("mark", text) : text);
  });
  const said = line.textContent.trim();
  if (said && !/^[\p{Lu}\p{N}¿¡«]/u.test(said)) line.prepend("… ");
  if (said && !/[.!?»)]$/.test(said)) line.append(" …");
  return line;
}

function item(data, query) {
  const made = element("li", "", { class: "item" });
  const title = element("p", "", { class: "title" });
  const address = new URL(data.raw_url || data.url, root);
  const link = element("a", data.meta.title, {
    href: new URL(address.pathname.replace(/^\//, "").replace(/index\.html$/, ""), root).pathname,
  });
  if (data.url.startsWith(root.pathname)) link.href = data.url.replace(/index\.html$/, "");
  title.append(link);
  made.append(title);
  if (data.meta.institucion) made.append(element("p", data.meta.institucion, { class: "meta" }));
  made.append(query ? excerpt(data.excerpt) : element("p", data.meta.descripcion || ""));
  if (data.meta.filas) made.append(element("p", data.meta.filas, { class: "meta" }));
  return made;
}

async function next() {
  const mine = turn;
  const part = await Promise.all(found.slice(shown, shown + STEP).map((one) => one.data()));
  if (mine !== turn) return;
  part.forEach((one) => list.append(item(one, box.value.trim())));
  shown += part.length;
  more.hidden = shown >= found.length;
}

// Made once and changed in place: a box that was replaced while somebody reached for it would miss the click.
function makeFilters(total) {
  const names = Object.keys(total).sort((a, b) => ORDER.indexOf(a) - ORDER.indexOf(b));
  for (const name of names) {
    const set = element("fieldset");
    set.append(element("legend", name));
    for (const value of Object.keys(total[name]).sort((a, b) => a.localeCompare(b, "es"))) {
      const label = element("label");
      const mark = element("input", "", { type: "checkbox", name, value });
      mark.checked = chosen.get(name)?.has(value) ?? false;
      label.append(mark, element("span", value), element("span", "", { class: "count" }));
      set.append(label);
    }
    filters.append(set);
  }
}

function drawFilters(total, left) {
  if (!filters.firstChild) makeFilters(total);
  for (const mark of filters.querySelectorAll("input")) {
    const count = left?.[mark.name]?.[mark.value] ?? 0;
    mark.parentElement.hidden = !count && !mark.checked;
    mark.parentElement.querySelector(".count").textContent = String(count);
  }
  for (const set of filters.children) set.hidden = !set.querySelector("label:not([hidden])");
}

function remember(query) {
  const address = new URL(location.href);
  address.search = "";
  if (query) address.searchParams.set("q", query);
  for (const [name, values] of chosen) values.forEach((value) => address.searchParams.append(name, value));
  history.replaceState(null, "", address);
}

const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// Pagefind answers a word that nobody wrote with pages that have its first letter or two. What it marks tells.
async function meant(query, best) {
  const marked = [...(await best.data()).excerpt.matchAll(/<mark>(.*?)<\/mark>/g)].map((found) => folded(found[1]));
  if (!marked.length) return true;  // it stands in a title
  return folded(query).split(/[^\p{L}\p{N}]+/u).filter(Boolean).some((word) => {
    const start = word.slice(0, 4);
    return marked.some((mark) => mark.replace(/^[^\p{L}\p{N}]+/u, "").startsWith(start));
  });
}

async function search() {
  const mine = ++turn;
  list.setAttribute("aria-busy", "true");
  const query = box.value.trim();
  const any = [...chosen.values()].some((values) => values.size);
  try {
    await load();
    const wanted = Object.fromEntries([...chosen].filter(([, v]) => v.size).map(([k, v]) => [k, { any: [...v] }]));
    // Nothing asked for: all datasets, without the guides.
    const within = query || any ? wanted : { not: { Tipo: "Guía" } };
    // First the filters: a search that Pagefind answers before it has them counts none.
    const total = await engine.filters();
    const answer = await engine.search(query || null, { filters: within });
    const none = query && answer.results.length && !(await meant(query, answer.results[0]));
    if (mine !== turn) return;
    found = none ? [] : answer.results;
    shown = 0;
    list.replaceChildren();
    drawFilters(total, query || any ? answer.filters : total);
    results.hidden = false;
    everything.hidden = true;
    const count = found.length;
    state.textContent = count === 0
      ? "Nada coincide. Pruebe con otra palabra o quite un filtro."
      : `${count} ${count === 1 ? "resultado" : "resultados"}`;
    remember(query);
    await next();
    if (mine === turn) list.setAttribute("aria-busy", "false");
  } catch {
    state.textContent = "La búsqueda no pudo cargarse; abajo está la lista completa.";
    results.hidden = true;
    everything.hidden = false;
    list.setAttribute("aria-busy", "false");
  }
}

const wide = matchMedia("(min-width: 60.01rem)");
const unfold = () => { document.getElementById("filtrar").open = wide.matches; };
wide.addEventListener("change", unfold);
unfold();

const given = new URLSearchParams(location.search);
box.value = given.get("q") ?? "";
for (const name of ORDER) if (given.has(name)) chosen.set(name, new Set(given.getAll(name)));

form.addEventListener("submit", (event) => { event.preventDefault(); search(); });
let pause;
box.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(search, 200); });
filters.addEventListener("change", (event) => {
  const { name, value, checked } = event.target;
  if (!chosen.has(name)) chosen.set(name, new Set());
  if (checked) chosen.get(name).add(value); else chosen.get(name).delete(value);
  search();
});
filters.addEventListener("submit", (event) => event.preventDefault());
more.addEventListener("click", next);
if (form.dataset.motor) search();
