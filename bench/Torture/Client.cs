using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace ImagePrediction.Torture;

/// <summary>One client: follows its plan, one prediction after the other, and records each request with its response.</summary>
internal sealed class Client(int number, int seed, Uri api, Uri receiver, History history, HttpClient http)
{
    private const int MostTries = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private int _streams;

    /// <summary>Runs until it is stopped; a prediction in progress is followed to its end, within <paramref name="limit"/>.</summary>
    /// <param name="pause">Minimum time from one prediction to the next.</param>
    /// <param name="stopping">Starts no further prediction.</param>
    /// <param name="limit">Gives up the prediction in progress.</param>
    public async Task LiveAsync(TimeSpan pause, CancellationToken stopping, CancellationToken limit)
    {
        var count = 0;
        foreach (var life in Plan.LivesOf(seed, number))
        {
            if (stopping.IsCancellationRequested)
                return;
            var began = Stopwatch.GetTimestamp();
            await LiveAsync(life, $"s{seed}-c{number}-{count++}", limit);
            if (pause - Stopwatch.GetElapsedTime(began) is { Ticks: > 0 } left)
                await Task.Delay(left, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Posts a picture until it is accepted and waits for its result, before the first fault.</summary>
    public async Task LearnAsync(int photo, CancellationToken limit)
    {
        var name = $"s{seed}-reference-{photo}";
        var id = await PostAsync(new(photo, WithKey: true, AskTwice: false, Wait: 10, WithHook: false, []), name, limit);
        await StreamAsync(id!.Value, limit);
    }

    /// <summary>Reads a prediction when all is over.</summary>
    public Task GetLastAsync(Guid id, CancellationToken limit) => CallAsync("last", HttpMethod.Get, id, $"/image_prediction/{id}", limit);

    private async Task LiveAsync(Life life, string name, CancellationToken limit)
    {
        if (await PostAsync(life, name, limit) is not { } id)
            return;
        List<Task> waiting = []; // these go on while the other steps are done
        foreach (var step in life.Steps)
        {
            if (limit.IsCancellationRequested)
                break;
            switch (step)
            {
                case Step.Get:
                    await CallAsync("get", HttpMethod.Get, id, $"/image_prediction/{id}", limit);
                    break;
                case Step.Wait:
                    waiting.Add(CallAsync("get", HttpMethod.Get, id, $"/image_prediction/{id}", limit, ("Prefer", "wait=5")));
                    break;
                case Step.Stream:
                    waiting.Add(StreamAsync(id, limit));
                    break;
                case Step.List:
                    await CallAsync("list", HttpMethod.Get, null, "/image_predictions?limit=20", limit);
                    break;
                case Step.Cancel:
                    await CallAsync("cancel", HttpMethod.Post, id, $"/image_prediction/{id}/cancel", limit);
                    break;
                case Step.Delete:
                    await CallAsync("delete", HttpMethod.Delete, id, $"/image_prediction/{id}", limit);
                    break;
                default:
                    await CallAsync("retry", HttpMethod.Post, id, $"/image_prediction/{id}/retry", limit);
                    break;
            }
        }
        await Task.WhenAll(waiting);
    }

    /// <summary>Posts until there is a definite response. With a key it also repeats after a lost response, without one only after a temporary refusal.</summary>
    private async Task<Guid?> PostAsync(Life life, string name, CancellationToken limit)
    {
        var body = life.Photo is { } photo ? Pictures.With(photo, name) : Pictures.None;
        var sent = 0;
        for (var attempt = 0; attempt < MostTries && !limit.IsCancellationRequested; attempt++)
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, attempt == 0 && life.AskTwice ? 2 : 1).Select(_ => PostAsync(life, name, $"{name}-{sent++}", body, limit)));
            if (answers.FirstOrDefault(answer => answer is { Status: 200 or 202, Id: not null }) is { } accepted)
                return accepted.Id;
            if (answers.Any(answer => answer.Status is not (0 or 429 or >= 500) || (answer.Status == 0 && !life.WithKey)))
                return null;
            await Task.Delay(TimeSpan.FromMilliseconds(200 << Math.Min(attempt, 4)), limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return null;
    }

    private async Task<Event> PostAsync(Life life, string name, string reference, byte[] body, CancellationToken limit)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(api, "/image_prediction")) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream"); // the format is recognized by content
        request.Headers.Add("Reference", reference);
        if (life.WithKey)
            request.Headers.Add("Idempotency-Key", name);
        if (life.Wait is { } seconds)
            request.Headers.Add("Prefer", $"wait={seconds}");
        if (life.WithHook)
            request.Headers.Add("Webhook-Url", receiver.ToString());
        return await SendAsync(new("call", "post", 0)
        {
            Client = number, Reference = reference, Key = life.WithKey ? name : null, Photo = life.Photo, Hook = life.WithHook,
        }, request, limit);
    }

    /// <summary>Follows a prediction until its stream ends with a final state or its deletion, reconnecting as often as necessary.</summary>
    private async Task StreamAsync(Guid id, CancellationToken limit)
    {
        var (who, began, seen, state) = ($"c{number}-s{_streams++}", history.Now, 0, (string?)null);
        while (state is null && !limit.IsCancellationRequested)
        {
            var asked = history.Now;
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(api, $"/image_prediction/{id}/events"));
                if (seen > 0)
                    request.Headers.Add("Last-Event-ID", seen.ToString(CultureInfo.InvariantCulture));
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(limit);
                patience.CancelAfter(Patience); // for the headers, then for each line: a comment comes every 15 s
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
                if ((int)response.StatusCode is 404 or 204)
                    state = (int)response.StatusCode == 404 ? "deleted" : "told nothing more";
                else if (response.IsSuccessStatusCode)
                    state = await ReadEventsAsync(response, id, who, asked, version => seen = version, patience);
                else
                    NoteBroken((int)response.StatusCode, await response.Content.ReadAsStringAsync(patience.Token));
            }
            catch (Exception broken) when (IsLost(broken))
            {
                if (!limit.IsCancellationRequested)
                    NoteBroken(0, broken.GetType().Name);
            }
            if (state is null)
                await Task.Delay(300, limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        void NoteBroken(int status, string text) =>
            history.Add(new("call", "connect", history.Now) { Began = history.Now, Client = number, Id = id, Status = status, Text = text }); // when it broke
        history.Add(new("call", "stream", history.Now) { Began = began, Client = number, Id = id, Who = who, State = state });
    }

    private async Task<string?> ReadEventsAsync(HttpResponseMessage response, Guid id, string who, double asked, Action<int> saw, CancellationTokenSource patience)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(patience.Token));
        var (name, version, began) = ("", 0, (double?)asked);
        while (await reader.ReadLineAsync(patience.Token) is { } line)
        {
            patience.CancelAfter(Patience * 2);
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            else if (line.StartsWith("id: ", StringComparison.Ordinal))
                version = int.Parse(line[4..], CultureInfo.InvariantCulture);
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                var data = JsonDocument.Parse(line[6..]).RootElement;
                var state = name == "deleted" ? name : data.GetProperty("status").GetString()!;
                history.Add(new("event", name, history.Now)
                {
                    Began = began, Client = number, Id = id, Who = who, State = state,
                    Version = name == "deleted" ? null : version, Answer = name == "deleted" ? null : Answers.Of(data),
                });
                saw(version);
                began = null;
                if (state is "deleted" || States.IsFinal(state))
                    return state;
            }
        }
        return null;
    }

    private async Task CallAsync(string op, HttpMethod method, Guid? id, string path, CancellationToken limit, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, new Uri(api, path));
        foreach (var (name, value) in headers)
            request.Headers.Add(name, value);
        await SendAsync(new("call", op, 0) { Client = number, Id = id }, request, limit);
    }

    private async Task<Event> SendAsync(Event call, HttpRequestMessage request, CancellationToken limit)
    {
        call = call with { Began = history.Now, Status = 0 };
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(limit);
            patience.CancelAfter(Patience);
            using var response = await http.SendAsync(request, patience.Token);
            var text = await response.Content.ReadAsStringAsync(patience.Token);
            call = call with { Status = (int)response.StatusCode };
            if (!response.IsSuccessStatusCode)
                call = call with { Text = text };
            else if (call.Op == "list")
                AddItems(call, JsonDocument.Parse(text).RootElement);
            else if (text.Length > 0)
                call = WithPrediction(call, JsonDocument.Parse(text).RootElement, response.Headers.ETag?.Tag);
        }
        catch (Exception lost) when (IsLost(lost))
        {
            call = call with { Status = 0, Text = lost.GetType().Name }; // also where only the body was lost
        }
        call = call with { At = history.Now };
        history.Add(call);
        return call;
    }

    private void AddItems(Event call, JsonElement page)
    {
        foreach (var item in page.GetProperty("items").EnumerateArray())
            history.Add(new("event", "listed", history.Now)
            {
                Began = call.Began, Client = number, Id = item.GetProperty("id").GetGuid(), State = item.GetProperty("status").GetString(), Answer = Answers.Of(item),
            });
    }

    /// <summary>Whether there was no response, as opposed to one that cannot be parsed.</summary>
    private static bool IsLost(Exception exception) => exception is not (JsonException or KeyNotFoundException or FormatException);

    private static Event WithPrediction(Event call, JsonElement prediction, string? tag) => call with
    {
        Id = prediction.GetProperty("id").GetGuid(),
        State = prediction.GetProperty("status").GetString(),
        Answer = Answers.Of(prediction),
        Version = int.TryParse(tag?.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : null,
    };
}

/// <summary>The states of a prediction.</summary>
internal static class States
{
    public static bool IsFinal(string? state) => state is "succeeded" or "failed" or "canceled";
}
