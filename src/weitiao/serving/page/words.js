// What the page says, in both languages.

const WORDS = {
  en: {
    title: "weitiao", other_language: "中文", token: "Token of this server", open: "Open", wrong: "That is not the token.",
    model: "Model", typed: "Text", texts: "Texts, one a line", first: "First text", pair: "Second text", options: "Options, one a line", label: "Label",
    message: "Message", send: "Send", forget: "New conversation", longest: "It ended at its greatest length, not by itself.", silent: "The model said nothing.",
    forgotten: "The model has no room for the oldest messages: they were left out.",
    keys: "Ctrl + Enter", given: "File", drop: "Drop a CSV or text file here, or", choose: "choose one",
    column: "Text", other: "Second text", header: "The first row is a header", score: "Label the file", cancel: "Stop",
    cleaned: "Read as ", cut: "Too long: what is struck out was not read.", more: "all {0} classes", none: "no label",
    rows: "rows: {0}", progress: "{0} of {1}", done: "Rows labelled: {0}.", failed: "Rows without a label: {0}; the column error says why.",
    stopped: "Stopped.", empty: "The file has no rows.", save: "Save {0}", long: "longer than {0} characters",
    two: "The model reads pairs, and the file has one column.", gone: "The server does not answer.", nth: "column {0}",
  },
  zh: {
    title: "微调", other_language: "English", token: "本服务器的令牌", open: "进入", wrong: "令牌不对。",
    model: "模型", typed: "文本", texts: "文本，每行一条", first: "第一段文本", pair: "第二段文本", options: "选项，每行一个", label: "分类",
    message: "消息", send: "发送", forget: "新对话", longest: "回答到了最大长度，不是自己结束的。", silent: "模型什么也没说。", forgotten: "放不下全部对话：最早的消息没有读。",
    keys: "Ctrl + Enter", given: "文件", drop: "把 CSV 或文本文件拖到这里，或者", choose: "选择文件",
    column: "文本列", other: "第二段文本列", header: "第一行是表头", score: "给文件分类", cancel: "停止",
    cleaned: "读到的：", cut: "太长：划掉的部分没有读。", more: "全部 {0} 类", none: "没有标签",
    rows: "{0} 行", progress: "{0} / {1} 行", done: "已分类 {0} 行。", failed: "{0} 行没有标签，原因见 error 列。",
    stopped: "已停止。", empty: "文件里没有内容。", save: "保存 {0}", long: "超过 {0} 个字符",
    two: "模型需要成对的文本，而文件只有一列。", gone: "服务器没有回应。", nth: "第 {0} 列",
  },
};

let language = navigator.languages.find((name) => /^(zh|en)\b/i.test(name))?.slice(0, 2).toLowerCase() ?? "en";

// A text in the language of the page; {0}, {1} stand for values.
export function say(name, ...values) {
  const shown = values.map((value) => (typeof value === "number" ? value.toLocaleString(language) : value));
  return WORDS[language][name].replace(/\{(\d)\}/g, (_, place) => shown[place]);
}

// Put the texts of the page into their places.
export function translate() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.title = say("title");
  for (const place of document.querySelectorAll("[data-say]")) place.textContent = say(place.dataset.say);
  const other = document.getElementById("language");
  other.textContent = say("other_language");
  other.lang = language === "zh" ? "en" : "zh-CN";
}

export function changeLanguage() {
  language = language === "zh" ? "en" : "zh";
  translate();
}
