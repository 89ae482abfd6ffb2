"use strict";
// Verifies one receipt as `renkei receipt verify` does, without the network. Whatever a receipt says is shown as text only.
const { texts, told, refusals, longest, tolerance } = JSON.parse(document.getElementById("texts").textContent);
const $ = (id) => document.getElementById(id);
let lang = navigator.language.toLowerCase().startsWith("ja") ? "ja" : "en";
let last = null, asked = 0;

class Refused extends Error {
  constructor(code, facts = {}) { super(code); this.code = code; this.facts = facts; }
}
const malformed = (why) => new Refused("receipt.malformed", { why });
const badKey = (why) => new Refused("receipt.key-malformed", { why });
const plain = (text) => text[lang].replace(/`/g, "");
const fill = (text, facts = {}) => plain(text).replace(/\{([a-z0-9_]+)\}/g, (_, name) => String(facts[name]));

// One spelling only: base64url without padding, canonical JSON. A member that stands twice is not spelled so.
function decode(part) {
  if (!/^[A-Za-z0-9_-]*$/.test(part)) throw malformed("a part of it is not base64url");
  let raw;
  try { raw = Uint8Array.from(atob(part.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)); }
  catch { throw malformed("a part of it is not base64url"); }
  if (encode(raw) !== part) throw malformed("a part of it is not the one spelling of its bytes in base64url");
  return raw;
}
function encode(raw) {
  return btoa(String.fromCharCode(...raw)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value !== null && typeof value === "object") {
    return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
function object(raw, part) {
  let text, value;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
    value = JSON.parse(text);
  } catch { throw malformed(`its ${part} is no JSON object`); }
  if (!isObject(value) || canonical(value) !== text) throw malformed(`its ${part} is not spelled as canonical JSON`);
  return value;
}

const whole = (most = Number.MAX_SAFE_INTEGER, least = 0) => (v) => Number.isSafeInteger(v) && v >= least && v <= most;
const shown = (v) => typeof v === "string" && !/[\p{C}\p{Zl}\p{Zp}]/u.test(v) && !/[^\P{Zs} ]/u.test(v);
const name = (v) => shown(v) && [...v].length >= 1 && [...v].length <= 255;
const sha256 = (v) => typeof v === "string" && /^[0-9a-f]{64}$/.test(v);
const orNull = (kind) => (v) => v === null || kind(v);
const listOf = (kind, most = 10000) => (v) => Array.isArray(v) && v.length <= most && v.every(kind);
const shaped = (members) => (v) => isObject(v) && canonical(Object.keys(v).sort()) === canonical(Object.keys(members).sort())
  && Object.entries(members).every(([member, kind]) => kind(v[member]));
const MEMBERS = {
  v: (v) => v === 1, jti: name, iat: whole(253402300799), iss: name, aud: name, agreement: name, terms: sha256, transfer: name,
  number: whole(undefined, 1), previous: orNull(sha256), channel: name, dataset: name,
  purpose: orNull((v) => shown(v) && v.length <= 100), plan: sha256, table: name, tableVersion: whole(), rows: whole(), columns: whole(),
  withheld: listOf(shaped({ term: name, rows: whole(), columns: listOf(name) })),
  withheldInFull: orNull(shaped({ terms: whole(), columns: whole(), sha256 })),
  smallestGroup: orNull(whole()), loss: whole(1000), query: orNull(sha256), answer: orNull(sha256), files: listOf(sha256, 4),
  fileCount: whole(), filesSha256: orNull(sha256), checkpoint: (v) => typeof v === "string" && v.length <= 2048,
};

function read(text) {
  const bare = text.trim();
  if (bare.length > longest) throw malformed(`it is longer than ${longest} characters`);
  const parts = bare.split(".");
  if (parts.length !== 3) throw malformed("it is no compact JWS of three parts");
  const [headerRaw, payloadRaw, signature] = parts.map(decode);
  const header = object(headerRaw, "header");
  if (header.typ !== "renkei-receipt+jwt" || header.alg !== "ES256") {
    throw new Refused("receipt.wrong-type", { type: String(header.typ).slice(0, 60), algorithm: String(header.alg).slice(0, 60) });
  }
  if (!shaped({ alg: shown, kid: shown, typ: shown })(header)) throw malformed("its header has other members than alg, kid and typ");
  const said = object(payloadRaw, "payload");
  for (const [member, kind] of Object.entries(MEMBERS)) if (!kind(said[member])) throw malformed(`the member ${member} is not as it must be`);
  if (!shaped(MEMBERS)(said)) throw malformed("it has members that are not known here");
  const [provider, keyName] = [header.kid.split("#")[0], header.kid.slice(header.kid.indexOf("#") + 1)];
  if (provider !== said.iss || !header.kid.includes("#") || !keyName) throw malformed("the key that it names is not its issuer's");
  if (signature.length !== 64) throw malformed("its signature is not 64 bytes long");
  return { text: bare, said, header, keyName, head: readHead(said.checkpoint), signature, signed: new TextEncoder().encode(bare.slice(0, bare.lastIndexOf("."))) };
}
function readHead(note) {
  const [origin, size, root] = note.slice(0, note.lastIndexOf("\n\n")).split("\n");
  if (!note.includes("\n\n") || !origin || !/^[0-9]{1,19}$/.test(size ?? "") || !/^[A-Za-z0-9+/]{43}=$/.test(root ?? "")) {
    throw malformed("it names no head of a log");
  }
  return { origin, size, root: hex(Uint8Array.from(atob(root), (c) => c.charCodeAt(0))) };
}
const hex = (raw) => [...raw].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const digest = async (raw) => new Uint8Array(await crypto.subtle.digest("SHA-256", raw));

const P256 = { name: "ECDSA", namedCurve: "P-256" };
async function importJwk(jwk) {
  if (!isObject(jwk) || jwk.kty !== "EC" || jwk.crv !== "P-256") throw badKey("it is no P-256 key as JWK");
  try { return await crypto.subtle.importKey("jwk", { kty: "EC", crv: "P-256", x: jwk.x, y: jwk.y }, P256, true, ["verify"]); }
  catch { throw badKey("its point is not on the curve P-256"); }
}
async function importPem(text) {
  const inside = text.replace(/-----[A-Z ]+-----/g, "").replace(/\s/g, "");
  try { return await crypto.subtle.importKey("spki", Uint8Array.from(atob(inside), (c) => c.charCodeAt(0)), P256, true, ["verify"]); }
  catch { throw badKey("it is no P-256 key in PEM"); }
}
async function keyFor(receipt, text) {
  if (text.length > 65536) throw badKey("it is larger than 65536 bytes");
  if (text.trim().startsWith("-----")) return named(receipt, await importPem(text));
  let value;
  try { value = JSON.parse(text); } catch { throw badKey("it is no JSON"); }
  if (!isObject(value)) throw badKey("it is no JSON object");
  return "kty" in value ? named(receipt, await importJwk(value)) : fromDocument(receipt, value);
}
async function named(receipt, key) {
  const { x, y } = await crypto.subtle.exportKey("jwk", key);
  const found = encode(await digest(new TextEncoder().encode(canonical({ crv: "P-256", kty: "EC", x, y }))));
  if (found !== receipt.keyName) throw new Refused("receipt.unknown-key", { key: receipt.header.kid, where: found });
  return key;
}
async function fromDocument(receipt, document) {
  const unknown = (where) => new Refused("receipt.unknown-key", { key: receipt.header.kid, where });
  if (document.id !== receipt.said.iss) throw unknown(String(document.id).slice(0, 255));
  const list = (value) => (Array.isArray(value) ? value : []);
  const idOf = (method) => {
    const id = isObject(method) ? method.id : method;
    return typeof id !== "string" ? "" : id.startsWith("#") ? receipt.said.iss + id : id;
  };
  const asserting = list(document.assertionMethod);
  if (!asserting.some((method) => idOf(method) === receipt.header.kid)) throw unknown(receipt.said.iss);
  const method = [...list(document.verificationMethod), ...asserting].find((each) => isObject(each) && idOf(each) === receipt.header.kid);
  if (!method || (method.controller ?? receipt.said.iss) !== receipt.said.iss) throw unknown(receipt.said.iss);
  return importJwk(method.publicKeyJwk);
}

async function verify() {
  if (!globalThis.crypto?.subtle) throw new Refused("page.insecure");
  const receipt = read($("receipt").value);
  if (!$("key").value.trim()) throw new Refused("page.no-key");
  const key = await keyFor(receipt, $("key").value);
  if (!await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, receipt.signature, receipt.signed)) {
    throw new Refused("receipt.altered", { provider: receipt.said.iss });
  }
  const now = Date.now();
  if (receipt.said.iat * 1000 > now + tolerance * 1000) {
    throw new Refused("receipt.from-the-future", { issued_at: time(receipt.said.iat), now: time(Math.floor(now / 1000)) });
  }
  const file = $("data").files[0];
  if (file) await checkData(receipt.said, file);
  return { receipt, compared: Boolean(file) };
}
async function checkData(said, file) {
  const raw = new Uint8Array(await file.arrayBuffer());
  const found = hex(await digest(raw));
  if (found === said.answer || said.files.includes(found)) return;
  const parquet = new TextDecoder("latin1").decode(raw.slice(0, 4)) === "PAR1";
  if (said.answer !== null || (parquet && said.fileCount === 1)) throw new Refused("receipt.another-answer", { found });
  throw new Refused("receipt.answer-unstated");
}
const time = (seconds) => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

function sentences({ said, head }) {
  const lines = [
    [told.handed, { at: time(said.iat), provider: said.iss, recipient: said.aud, rows: said.rows, columns: said.columns }],
    [told.source, { dataset: said.dataset, table: said.table, version: said.tableVersion, channel: said.channel }],
    [told.under, said],
    said.purpose === null ? [told.no_purpose] : [told.purpose, said],
  ];
  const more = said.withheldInFull;
  if (!said.withheld.length && more === null) {
    lines.push([said.query === null ? told.kept_nothing : told.kept_untold]);
  }
  said.withheld.forEach((term, place) => {
    const cut = more !== null && place === said.withheld.length - 1;
    const text = term.columns.length ? told.kept_columns : cut ? told.kept_unnamed : told.kept_rows;
    lines.push([text, { ...term, columns: term.columns.join(", ") }]);
  });
  if (more !== null) lines.push([told.kept_more, more]);
  const noGroup = said.query === null ? told.no_group : told.group_untold;
  lines.push(said.smallestGroup === null ? [noGroup] : [told.group, { size: said.smallestGroup }]);
  lines.push([told.loss, said]);
  if (said.query !== null) lines.push([told.query, { sha256: said.query }]);
  if (said.answer !== null) lines.push([told.answer, { sha256: said.answer }]);
  if (said.files.length) {
    lines.push([said.filesSha256 === null ? told.files : told.more_files,
      { count: said.fileCount, listed: said.files.join(", "), sha256: said.filesSha256 }]);
  }
  lines.push([told.chain, said], [told.head, head]);
  return lines.map(([text, facts]) => fill(text, facts));
}

function show() {
  document.documentElement.lang = lang;
  document.title = `${texts.title[lang]} – renkei`;
  $("language").textContent = lang === "ja" ? "English" : "日本語";
  $("language").lang = lang === "ja" ? "en" : "ja";
  for (const each of document.querySelectorAll("[data-text]")) each.textContent = plain(texts[each.dataset.text]);
  $("result").hidden = last === null;
  if (last === null) return;
  const { why, found } = last;
  $("verdict").className = `verdict ${why ? "bad" : "good"}`;
  $("said").hidden = Boolean(why);
  if (why) {
    $("verdict").textContent = `${fill(refusals[why.code].text, why.facts)} [${why.code}]`;
    $("remedy").textContent = fill(refusals[why.code].remedy, why.facts);
    return;
  }
  $("verdict").textContent = texts[found.compared ? "good-with-data" : "good"][lang];
  $("remedy").textContent = plain(texts["not-checked"]);
  $("sentences").replaceChildren(...sentences(found.receipt).map((line) => cell("li", line)));
  const rows = [...Object.entries(found.receipt.said), ["kid", found.receipt.header.kid]].map(([member, value]) => {
    const row = document.createElement("tr");
    const head = cell("th", member);
    head.scope = "row";
    row.append(head, cell("td", typeof value === "string" ? value : JSON.stringify(value)));
    return row;
  });
  $("members").replaceChildren(...rows);
}
function cell(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

// A verdict stands only as long as it is the one of what was asked last: it goes before anything is looked at.
$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const mine = (asked += 1);
  last = null;
  show();
  let verdict;
  try { verdict = { found: await verify() }; }
  catch (why) { verdict = { why: why instanceof Refused ? why : new Refused("page.failed", { why: String(why) }) }; }
  if (mine !== asked) return;
  last = verdict;
  show();
});
$("language").addEventListener("click", () => { lang = lang === "ja" ? "en" : "ja"; show(); });
for (const id of ["receipt", "key"]) {
  const field = $(id);
  field.addEventListener("dragover", (event) => { event.preventDefault(); field.classList.add("over"); });
  field.addEventListener("dragleave", () => field.classList.remove("over"));
  field.addEventListener("drop", async (event) => {
    field.classList.remove("over");
    const file = event.dataTransfer.files[0];
    if (!file) return;
    event.preventDefault();
    field.value = await file.slice(0, 100000).text();
  });
}
show();
