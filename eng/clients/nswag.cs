// One round trip with the client that NSwag generates.
using Generated;

using var http = new HttpClient { BaseAddress = new(args[0]) };
var client = new ApiClient(http);
await using var photo = File.OpenRead(args[1]);

var prediction = await client.CreatePredictionAsync(prefer: "wait=30", file: new FileParameter(photo, "dog.jpg", "image/jpeg"));
if (prediction.Contains_dog != true)
    throw new InvalidOperationException($"No dog: {prediction.Status}");

var list = await client.ListPredictionsAsync(status: PredictionStatus.Succeeded, contains_dog: true, limit: 1);
if (list.Items.Count != 1)
    throw new InvalidOperationException("No list");
Console.WriteLine($"a dog, {prediction.Confidence}");
