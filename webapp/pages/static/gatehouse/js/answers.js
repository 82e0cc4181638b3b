// A refusal that is meant for the user comes as a sentence and not as a page.
export function sentenceOf(xhr) {
  return xhr.getResponseHeader("Content-Type")?.startsWith("text/plain") ? xhr.responseText : null;
}
