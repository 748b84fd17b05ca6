// One round trip with the client that Kiota generates.
using Generated;
using Generated.Models;
using Microsoft.Kiota.Abstractions;
using Microsoft.Kiota.Abstractions.Authentication;
using Microsoft.Kiota.Http.HttpClientLibrary;

using var adapter = new HttpClientRequestAdapter(new AnonymousAuthenticationProvider()) { BaseUrl = args[0] };
var client = new ApiClient(adapter);
await using var photo = File.OpenRead(args[1]);
var form = new MultipartBody();
form.AddOrReplacePart("file", "image/jpeg", photo, "dog.jpg");

var prediction = await client.Image_prediction.PostAsync(form, request => request.Headers.Add("Prefer", "wait=30"));
if (prediction?.ContainsDog != true)
    throw new InvalidOperationException($"No dog: {prediction?.Status}");

var list = await client.Image_predictions.GetAsync(request =>
{
    request.QueryParameters.StatusAsPredictionStatus = PredictionStatus.Succeeded;
    request.QueryParameters.ContainsDog = true;
    request.QueryParameters.Limit = 1;
});
if (list?.Items?.Count != 1)
    throw new InvalidOperationException("No list");
Console.WriteLine($"a dog, {prediction.Confidence}");
