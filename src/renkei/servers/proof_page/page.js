"use strict";
// Verifies an export or evidence of a renkei node, by RFC 9162 (tree), C2SP signed-note, tlog-checkpoint and
// tlog-cosignature (heads). Nothing is fetched; everything is shown as text, never as markup.

const WORDS = {
  en: {
    title: "Verify a proof",
    intro: "This page checks that entries stand in a node's audit log, under a head that the node has signed. Everything is computed in this browser; nothing leaves it.",
    drop: "Drop a file from “renkei audit export” here, or choose it:",
    paste: "or paste its text",
    check: "Check",
    key: "The log's key, as its operator told you (optional)",
    keyHelp: "One line: name+hash+base64. Without it, the key that came with the file is used: compare it with the operator by another channel.",
    limits: "What this page cannot show: that the log has left nothing out elsewhere, or that it shows everybody the same. For that, compare heads with other nodes (witnesses), and keep the heads that you saw.",
    good: "Proven",
    goodOwn: "Proven, if the key below is the log's",
    goodText: "Every entry stands in the log under the signed head.",
    ownKey: "The key came with the file. Compare it with the log's operator by another channel: {key}",
    bad: "Not proven",
    badText: "Something in this file is not as it says. See the lines in red.",
    unknown: "Not verified",
    unknownText: "The signature cannot be checked in this browser, so nothing here is proven. Use a current Chromium, Firefox or Safari.",
    emptyText: "There is no entry in this file, so there is nothing to be proven.",
    noCrypto: "This browser gives this page no cryptography, so nothing can be checked. Save the page and open the file, or serve it over https.",
    unreadable: "This is no export and no evidence of a log: {why}",
    tooLarge: "it is larger than {limit} MB; use “renkei audit verify --export”",
    head: "Head of the log",
    entries: "Entries ({count})",
    more: "{count} more were checked and are not shown.",
    partial: "This file is a part: more entries follow from {following} on.",
    cosigned: "Other nodes that have seen this log",
    witnessed: "Other logs whose heads stand in this one",
    noWitness: "No other node has confirmed this head in this file.",
    log: "log {origin}, {size} entries, root {root}",
    signed: "signed by the key {key}",
    seenBy: "{witness} saw {size} entries at {at}",
    sawOther: "{origin} had {size} entries when this node saw it at {at}",
    placed: "entry {index}",
    ok: "the hash leads to the root of the head",
    okHead: "the signature is right",
    okCosigned: "both signatures are right, and the head of this file continues the one that was seen",
    okWitnessed: "both signatures are right, and the head stands in an entry above",
    whyHead: "the head above is not proven",
    whySignature: "the head bears no valid signature by this key",
    whyKey: "the key cannot be read",
    whyNote: "the head cannot be read",
    whyOrigin: "the head is of another log than the key",
    whyPath: "the hash of this entry does not lead to the root of the head: the entry, its place or its path was altered",
    whyBody: "the entry is not in the form of this log",
    whyOrder: "entries are not in the log's order, or stand twice",
    whyWitness: "the witness's signature is not right",
    whyOwn: "the witness's key is the log's own: nobody can witness himself",
    whyGrowth: "the head of this file does not continue the one that was seen: the log was rewritten",
    whyAbsent: "no entry above says that this head was seen",
    whyBrowser: "this browser cannot check the signature",
  },
  ja: {
    title: "証明を検証する",
    intro: "記録がノードの監査ログに含まれ、ノードの署名したヘッドの下にあることを確かめます。計算はすべてこのブラウザーの中で行い、何も送信しません。",
    drop: "「renkei audit export」のファイルをここにドロップするか、選んでください。",
    paste: "または文面を貼り付ける",
    check: "検証する",
    key: "ログの検証鍵(運用者から聞いたもの。任意)",
    keyHelp: "「名前+ハッシュ+base64」の1行です。空欄なら、ファイルに入っていた鍵を使います。別の連絡手段で運用者と照合してください。",
    limits: "このページでは分からないこと: ログがほかの記録を省いていないか、誰にでも同じ内容を見せているか。それには、ほかのノード(証人)とヘッドを突き合わせ、自分の見たヘッドを保管してください。",
    good: "証明されました",
    goodOwn: "下の鍵がこのログのものであれば、証明されています",
    goodText: "すべての記録が、署名付きヘッドのログに含まれています。",
    ownKey: "鍵はファイルに入っていたものです。別の連絡手段でログの運用者と照合してください: {key}",
    bad: "証明されません",
    badText: "このファイルの内容は、述べているとおりではありません。赤い行を見てください。",
    unknown: "未検証",
    unknownText: "このブラウザーでは署名を確かめられないため、何も証明されていません。新しい Chromium、Firefox、Safari を使ってください。",
    emptyText: "このファイルには記録が一件もないため、証明するものがありません。",
    noCrypto: "このページでは暗号機能が使えないため、何も検証できません。ページを保存してファイルとして開くか、https で配信してください。",
    unreadable: "ログの書き出しでも証拠でもありません: {why}",
    tooLarge: "{limit} MB を超えています。「renkei audit verify --export」を使ってください",
    head: "ログのヘッド",
    entries: "記録({count} 件)",
    more: "ほかに {count} 件を検証しました(表示は省略)。",
    partial: "このファイルは一部です。続きは {following} 番からです。",
    cosigned: "このログを見たほかのノード",
    witnessed: "このログに残る、ほかのログのヘッド",
    noWitness: "このファイルには、ほかのノードによる確認がありません。",
    log: "ログ {origin}、{size} 件、ルート {root}",
    signed: "署名した鍵 {key}",
    seenBy: "{witness} が {at} に {size} 件のログを確認",
    sawOther: "{origin} は、このノードが {at} に見たとき {size} 件",
    placed: "記録 {index}",
    ok: "ハッシュがヘッドのルートに至ります",
    okHead: "署名は正しいものです",
    okCosigned: "両方の署名が正しく、このファイルのヘッドは確認されたヘッドの続きです",
    okWitnessed: "両方の署名が正しく、このヘッドは上の記録にあります",
    whyHead: "上のヘッドが証明されていません",
    whySignature: "ヘッドに、この鍵による正しい署名がありません",
    whyKey: "鍵を読み取れません",
    whyNote: "ヘッドを読み取れません",
    whyOrigin: "ヘッドは、鍵とは別のログのものです",
    whyPath: "この記録のハッシュはヘッドのルートに至りません。記録、番号、経路のどれかが変えられています",
    whyBody: "記録がこのログの形式ではありません",
    whyOrder: "記録がログの順に並んでいないか、重複しています",
    whyWitness: "証人の署名が正しくありません",
    whyOwn: "証人の鍵がログ自身の鍵です。自分の証人にはなれません",
    whyGrowth: "このファイルのヘッドは、確認されたヘッドの続きではありません。ログが書き換えられています",
    whyAbsent: "このヘッドを見たという記録が上にありません",
    whyBrowser: "このブラウザーでは署名を確かめられません",
  },
};
const LARGEST = 64;
const SHOWN = 1000;
const LOG_KEY = 1;
const COSIGNER_KEY = 4;

class Malformed extends Error {}

// ---- bytes

const encoder = new TextEncoder();

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) { whole.set(part, at); at += part.length; }
  return whole;
}

function same(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fromBase64(text) {
  if (typeof text !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new Malformed("base64");
  let raw;
  try { raw = atob(text); } catch { throw new Malformed("base64"); }
  if (btoa(raw) !== text) throw new Malformed("base64");
  return Uint8Array.from(raw, (each) => each.charCodeAt(0));
}

async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(...parts)));
}

// ---- the tree (RFC 9162, section 2.1)

const ZERO = new Uint8Array([0]);
const ONE = new Uint8Array([1]);

const leafHash = (body) => sha256(ZERO, body);
const nodeHash = (left, right) => sha256(ONE, left, right);

async function leadsToRoot(leaf, index, size, path, root) {
  if (index < 0n || index >= size) return false;
  let position = index, last = size - 1n, computed = leaf;
  for (const sibling of path) {
    if (last === 0n) return false;
    if (position & 1n || position === last) {
      computed = await nodeHash(sibling, computed);
      while (!(position & 1n) && position) { position >>= 1n; last >>= 1n; }
    } else {
      computed = await nodeHash(computed, sibling);
    }
    position >>= 1n; last >>= 1n;
  }
  return last === 0n && same(computed, root);
}

async function continues(first, second, path) {
  if (first.size > second.size) return false;
  if (first.size === second.size) return path.length === 0 && same(first.root, second.root);
  if (first.size === 0n) return path.length === 0;
  const nodes = [...path];
  if ((first.size & (first.size - 1n)) === 0n) nodes.unshift(first.root);
  if (nodes.length === 0) return false;
  let position = first.size - 1n, last = second.size - 1n;
  while (position & 1n) { position >>= 1n; last >>= 1n; }
  let old = nodes[0], now = nodes[0];
  for (const node of nodes.slice(1)) {
    if (last === 0n) return false;
    if (position & 1n || position === last) {
      old = await nodeHash(node, old);
      now = await nodeHash(node, now);
      while (!(position & 1n) && position) { position >>= 1n; last >>= 1n; }
    } else {
      now = await nodeHash(now, node);
    }
    position >>= 1n; last >>= 1n;
  }
  return last === 0n && same(old, first.root) && same(now, second.root);
}

function readPath(path) {
  if (!Array.isArray(path) || path.length > 128) throw new Malformed("path");
  return path.map((each) => {
    const hash = fromBase64(each);
    if (hash.length !== 32) throw new Malformed("path");
    return hash;
  });
}

// ---- notes (C2SP signed-note, tlog-checkpoint, tlog-cosignature)

async function readKey(text, kind) {
  if (typeof text !== "string") throw new Malformed("key");
  const line = text.trim(), first = line.indexOf("+"), second = line.indexOf("+", first + 1);
  const name = line.slice(0, first), raw = fromBase64(line.slice(second + 1));
  if (first < 1 || second < 0 || /\s/.test(name) || raw.length !== 33 || raw[0] !== kind) throw new Malformed("key");
  const id = (await sha256(encoder.encode(name + "\n"), raw)).slice(0, 4);
  if (hex(id) !== line.slice(first + 1, second)) throw new Malformed("key");
  return { name, id, bytes: raw.slice(1), line };
}

function readNote(note) {
  if (typeof note !== "string" || note.length > 65536 || /[\x00-\x09\x0b-\x1f]/.test(note)) throw new Malformed("note");
  const cut = note.lastIndexOf("\n\n");
  if (cut < 1 || !note.endsWith("\n")) throw new Malformed("note");
  const lines = note.slice(cut + 2, -1).split("\n").map((line) => {
    const parts = line.match(/^— ([^\s+]+) (\S+)$/);
    if (!parts) throw new Malformed("note");
    const raw = fromBase64(parts[2]);
    if (raw.length < 5) throw new Malformed("note");
    return { name: parts[1], id: raw.slice(0, 4), signature: raw.slice(4) };
  });
  return { text: note.slice(0, cut + 1), lines };
}

function readHead(text) {
  const lines = text.split("\n");
  if (lines.length < 4 || lines.pop() !== "" || !lines.every(Boolean)) throw new Malformed("note");
  if (!/^(0|[1-9][0-9]{0,18})$/.test(lines[1])) throw new Malformed("note");
  const root = fromBase64(lines[2]);
  if (root.length !== 32) throw new Malformed("note");
  return { origin: lines[0], size: BigInt(lines[1]), root };
}

// true, false, or null where this browser knows no Ed25519
async function isSigned(key, signature, message) {
  let imported;
  try {
    imported = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch (why) {
    return why.name === "NotSupportedError" ? null : false;
  }
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
}

// Each answer says what was found: good, bad or unknown, and why.
const good = (why, rest) => ({ status: "good", why, ...rest });
const bad = (why, rest) => ({ status: "bad", why, ...rest });
const unknown = (rest) => ({ status: "unknown", why: "whyBrowser", ...rest });

async function checkHead(note, keyLine) {
  let key, signed, head;
  try { key = await readKey(keyLine, LOG_KEY); } catch (why) { return ifMalformed(why, bad("whyKey")); }
  try { signed = readNote(note); head = readHead(signed.text); } catch (why) { return ifMalformed(why, bad("whyNote", { key })); }
  const rest = { key, head, text: signed.text, lines: signed.lines };
  const own = signed.lines.filter((line) => line.name === key.name && same(line.id, key.id));
  if (own.length === 0) return bad("whySignature", rest);
  for (const line of own) {
    const told = await isSigned(key.bytes, line.signature, encoder.encode(signed.text));
    if (told === null) return unknown(rest);
    if (!told) return bad("whySignature", rest);
  }
  return head.origin === key.name ? good("okHead", rest) : bad("whyOrigin", rest);
}

// A head with a witness's line: the time that the witness signed, in milliseconds, comes along.
async function checkCosigned(note, keyLine, witnessLine) {
  const found = await checkHead(note, keyLine);
  if (found.status === "bad") return found;
  let witness;
  try { witness = await readKey(witnessLine, COSIGNER_KEY); } catch (why) { return ifMalformed(why, { ...found, ...bad("whyWitness") }); }
  const lines = found.lines.filter((line) => line.name === witness.name && same(line.id, witness.id));
  if (lines.length === 0) return { ...found, ...bad("whyWitness") };
  let at = 0;
  for (const line of lines) {
    if (line.signature.length !== 72) return { ...found, ...bad("whyWitness") };
    const seconds = new DataView(line.signature.buffer, line.signature.byteOffset).getBigUint64(0);
    const message = encoder.encode("cosignature/v1\ntime " + seconds + "\n" + found.text);
    const told = await isSigned(witness.bytes, line.signature.slice(8), message);
    if (told === null) return { ...found, ...unknown(), witness };
    if (!told || seconds > 253402300799n) return { ...found, ...bad("whyWitness") };
    at = Math.max(at, Number(seconds) * 1000);
  }
  return { ...found, at: new Date(at).toISOString().replace(".000", ""), witness };
}

function ifMalformed(why, answer) {
  if (why instanceof Malformed) return answer;
  throw why;
}

// ---- an export, or evidence

function list(value, name) {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || !value.every((each) => each !== null && typeof each === "object")) throw new Malformed(name);
  return value;
}

function readDocument(text) {
  if (text.length > LARGEST * 1024 * 1024) throw new Malformed(say("tooLarge", { limit: LARGEST }));
  let said;
  try { said = JSON.parse(text); } catch (why) { throw new Malformed(why.message); }
  if (said === null || typeof said !== "object" || Array.isArray(said)) throw new Malformed("JSON");
  if (said.format !== undefined && (said.format !== "renkei-audit-export" || said.version !== 1)) throw new Malformed("format");
  if (typeof said.checkpoint !== "string" || typeof said.vkey !== "string" || !Array.isArray(said.entries)) throw new Malformed("checkpoint, vkey, entries");
  return {
    checkpoint: said.checkpoint,
    vkey: said.vkey,
    cosigner: typeof said.cosigner === "string" ? said.cosigner : "",
    entries: list(said.entries, "entries"),
    cosigned: list(said.cosigned, "cosigned"),
    witnessed: list(said.witnessed, "witnessed"),
    following: Number.isSafeInteger(said.following) ? said.following : null,
  };
}

function readBody(body) {
  const said = JSON.parse(body);
  const words = [said.at, said.action, said.actor, said.subject];
  if (!words.every((each) => typeof each === "string") || said.facts === null || typeof said.facts !== "object") throw new Malformed("body");
  return said;
}

async function checkEntry(entry, head, before) {
  const told = { index: Number.isSafeInteger(entry.index) ? entry.index : null, body: String(entry.body) };
  if (told.index === null || typeof entry.body !== "string") return bad("whyBody", told);
  if (!head.head) return bad("whyHead", told);
  try {
    const leaf = await leafHash(encoder.encode(entry.body));
    const path = readPath(entry.path);
    if (!await leadsToRoot(leaf, BigInt(entry.index), head.head.size, path, head.head.root)) return bad("whyPath", told);
  } catch (why) { return ifMalformed(why, bad("whyPath", told)); }
  try { told.said = readBody(entry.body); } catch { return bad("whyBody", told); }
  if (entry.index <= before) return bad("whyOrder", told);
  if (head.status === "unknown") return unknown(told);
  return head.status === "good" ? good("ok", told) : bad("whyHead", told);
}

async function checkSeen(each, head, keyLine) {
  const found = await checkCosigned(each.checkpoint, keyLine, each.witness);
  if (found.status === "bad" || !head.head) return found;
  if (same(found.witness.bytes, head.key.bytes)) return { ...found, ...bad("whyOwn") };
  try {
    if (!await continues(found.head, head.head, readPath(each.path))) return { ...found, ...bad("whyGrowth") };
  } catch (why) { return ifMalformed(why, { ...found, ...bad("whyGrowth") }); }
  return found.status === "good" ? { ...found, ...good("okCosigned") } : found;
}

// A fact may be anything at all; only a whole number is a size.
function isSize(fact, size) {
  return Number.isSafeInteger(fact) && BigInt(fact) === size;
}

async function checkWitnessed(each, cosigner, head, entries) {
  const found = await checkCosigned(each.checkpoint, each.vkey, cosigner);
  if (found.status === "bad") return found;
  if (!head.key || found.witness.name !== head.key.name || !same(found.witness.bytes, head.key.bytes)) return { ...found, ...bad("whyWitness") };
  const stands = entries.some((entry) => entry.status === found.status && entry.said && entry.said.action === "audit.head-witnessed"
    && entry.said.subject === found.head.origin && isSize(entry.said.facts.size, found.head.size) && entry.said.facts.root === hex(found.head.root));
  if (!stands) return { ...found, ...bad("whyAbsent") };
  return found.status === "good" ? { ...found, ...good("okWitnessed") } : found;
}

async function verify(text, trusted) {
  const told = readDocument(text);
  const keyLine = trusted || told.vkey;
  const head = await checkHead(told.checkpoint, keyLine);
  const entries = [];
  let before = -1;
  for (const entry of told.entries) {
    entries.push(await checkEntry(entry, head, before));
    before = entry.index;
  }
  const cosigned = [];
  for (const each of told.cosigned) cosigned.push(await checkSeen(each, head, keyLine));
  const witnessed = [];
  for (const each of told.witnessed) witnessed.push(await checkWitnessed(each, told.cosigner, head, entries));
  const all = [head, ...entries, ...cosigned, ...witnessed].map((each) => each.status);
  const unsure = all.includes("unknown") || entries.length === 0;
  const status = all.includes("bad") ? "bad" : unsure ? "unknown" : "good";
  return { status, head, entries, cosigned, witnessed, following: told.following, ownKey: trusted ? null : keyLine };
}

// ---- the page

let language = "en";
let shown = null;

function say(name, facts = {}) {
  return WORDS[language][name].replace(/\{(\w+)\}/g, (_, fact) => String(facts[fact]));
}

function element(kind, text, styles = "") {
  const made = document.createElement(kind);
  if (text) made.textContent = text;
  if (styles) made.className = styles;
  return made;
}

function line(found, title, details = []) {
  const marks = { good: "✓", bad: "✗", unknown: "?" };
  const item = element("li");
  item.dataset.status = found.status;
  item.append(element("span", marks[found.status], "mark " + found.status), element("strong", title));
  item.append(element("div", say(found.why), found.status));
  for (const detail of details) {
    const box = element("div");
    box.append(element("code", detail));
    item.append(box);
  }
  return item;
}

function part(title, items) {
  const list = element("ul");
  list.append(...items);
  return [element("h2", title), list];
}

function headLine(found) {
  const title = found.head ? say("log", { origin: found.head.origin, size: found.head.size, root: hex(found.head.root) }) : say("head");
  return line(found, title, found.key ? [say("signed", { key: found.key.line })] : []);
}

function entryLine(found) {
  const said = found.said;
  const title = said ? `${found.index}  ${said.action}  ${said.at}  ${said.subject}` : say("placed", { index: found.index });
  return line(found, title, [found.body.slice(0, 4000)]);
}

function seenLine(found, words) {
  const facts = { witness: found.witness ? found.witness.name : "?", origin: found.head ? found.head.origin : "?", size: found.head ? found.head.size : "?", at: found.at || "?" };
  return line(found, say(words, facts));
}

function render() {
  for (const each of document.querySelectorAll("[data-text]")) each.textContent = say(each.dataset.text);
  for (const each of document.querySelectorAll("[data-lang]")) each.setAttribute("aria-pressed", String(each.dataset.lang === language));
  document.documentElement.lang = language;
  document.title = say("title") + " — renkei";
  const result = document.getElementById("result");
  result.replaceChildren();
  if (shown === null) return;
  result.dataset.verdict = shown.status;
  const box = element("div", "", "verdict " + shown.status);
  if (shown.problem) {
    box.append(element("strong", say(shown.status)), element("div", say(shown.problem, shown.facts)));
    result.append(box);
    return;
  }
  const title = shown.status === "good" && shown.ownKey !== null ? "goodOwn" : shown.status;
  box.append(element("strong", say(title)), element("div", say(shown.status === "unknown" && shown.entries.length === 0 ? "emptyText" : shown.status + "Text")));
  result.append(box);
  if (shown.ownKey !== null) result.append(element("p", say("ownKey", { key: shown.ownKey }), "unknown"));
  if (shown.following !== null) result.append(element("p", say("partial", { following: shown.following }), "unknown"));
  result.append(...part(say("head"), [headLine(shown.head)]));
  // What is wrong is shown, however many entries there are.
  const first = shown.entries.filter((each, place) => place < SHOWN || each.status === "bad").slice(0, 2 * SHOWN);
  result.append(...part(say("entries", { count: shown.entries.length }), first.map(entryLine)));
  if (first.length < shown.entries.length) result.append(element("p", say("more", { count: shown.entries.length - first.length })));
  result.append(...part(say("cosigned"), shown.cosigned.map((each) => seenLine(each, "seenBy"))));
  if (shown.cosigned.length === 0) result.append(element("p", say("noWitness")));
  if (shown.witnessed.length) result.append(...part(say("witnessed"), shown.witnessed.map((each) => seenLine(each, "sawOther"))));
}

let asked = 0;
let current = "";

async function check(text) {
  current = text;
  const number = ++asked;
  let found;
  try {
    if (!globalThis.crypto || !crypto.subtle) found = { status: "unknown", problem: "noCrypto" };
    else found = await verify(text, document.getElementById("key").value.trim());
  } catch (why) {
    found = { status: "bad", problem: "unreadable", facts: { why: why.message } };
  }
  if (number !== asked) return;
  shown = found;
  render();
}

async function take(file) {
  if (file.size > LARGEST * 1024 * 1024) {
    shown = { status: "bad", problem: "unreadable", facts: { why: say("tooLarge", { limit: LARGEST }) } };
    render();
    return;
  }
  await check(await file.text());
}

function start() {
  const wanted = new URLSearchParams(location.search).get("lang") || navigator.language;
  language = wanted.startsWith("ja") ? "ja" : "en";
  const drop = document.getElementById("drop");
  document.getElementById("file").addEventListener("change", (event) => event.target.files[0] && take(event.target.files[0]));
  document.getElementById("check").addEventListener("click", () => check(document.getElementById("pasted").value));
  document.getElementById("key").addEventListener("change", () => current && check(current));
  for (const each of document.querySelectorAll("[data-lang]")) each.addEventListener("click", () => { language = each.dataset.lang; render(); });
  document.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  document.addEventListener("dragleave", () => drop.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    const file = event.dataTransfer.files[0];
    if (file) take(file);
  });
  render();
  const within = document.getElementById("export").textContent;
  if (within.trim()) check(within);
}

start();
