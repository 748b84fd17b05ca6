// Programs that send a file of this name to this server and read the answer, ready to run in the file's folder.

/** The languages by name, each a function of the file's name and of whether a key is needed. */
export const snippets = { curl, Python: python, "C#": csharp };

const url = () => `${location.origin}/image_prediction`;

function curl(name, needsKey) {
  const file = `file=@"${name.replace(/["\\]/g, "\\$&")}"`;
  return ["curl", ...needsKey ? ['-H "Authorization: Bearer $KEY"'] : [], "-H 'Prefer: wait=30'", `-F ${quoted(file)}`, url()].join(" \\\n  ");
}

function python(name, needsKey) {
  return `import json
from urllib.parse import urljoin
from urllib.request import Request, urlopen

headers = {"Content-Type": "application/octet-stream", "Prefer": "wait=30"${needsKey ? ', "Authorization": "Bearer YOUR_KEY"' : ""}}
with open(${JSON.stringify(name)}, "rb") as photo:
    request = Request("${url()}", photo.read(), headers)
answer = json.load(urlopen(request))
while answer["status"] in ("queued", "processing"):
    request = Request(urljoin("${url()}", answer["links"]["self"]), headers=headers)
    answer = json.load(urlopen(request))
print(answer["status"], answer["contains_dog"], answer["confidence"], answer["detections"])
`;
}

function csharp(name, needsKey) {
  return `using System.Text.Json.Nodes;

using var client = new HttpClient { BaseAddress = new Uri("${location.origin}") };
client.DefaultRequestHeaders.Add("Prefer", "wait=30");${needsKey ? '\nclient.DefaultRequestHeaders.Add("Authorization", "Bearer YOUR_KEY");' : ""}
using var photo = new StreamContent(File.OpenRead(${JSON.stringify(name)}));
using var response = await client.PostAsync("/image_prediction", photo);
response.EnsureSuccessStatusCode();
var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
while ((string?)answer["status"] is "queued" or "processing")
    answer = JsonNode.Parse(await client.GetStringAsync((string?)answer["links"]!["self"]))!;
Console.WriteLine(answer);
`;
}

/** Quoted for a shell: no character has a special meaning. */
const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;
