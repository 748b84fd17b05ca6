// One round trip with the client that openapi-typescript generates.
import { readFile } from "node:fs/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const [url, photo] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: url });
const form = new FormData();
form.append("file", new Blob([await readFile(photo)]), "dog.jpg");

const posted = await client.POST("/image_prediction", {
  params: { header: { Prefer: "wait=30" } },
  body: {} as { file: string },
  bodySerializer: () => form,
});
const prediction: components["schemas"]["PredictionResponse"] | undefined = posted.data;
if (!prediction?.contains_dog) throw new Error(`No dog: ${JSON.stringify(posted.data ?? posted.error)}`);

const list = await client.GET("/image_predictions", { params: { query: { status: "succeeded", contains_dog: true, limit: 1 } } });
if (list.data?.items.length !== 1) throw new Error(`No list: ${JSON.stringify(list.error)}`);
console.log(`a dog, ${prediction.confidence}`);
