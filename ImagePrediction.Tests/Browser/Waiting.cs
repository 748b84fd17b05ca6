using Aspire.Hosting.ApplicationModel;
using ImagePrediction.Tests.Support;
using Microsoft.Playwright;

namespace ImagePrediction.Tests.Browser;

/// <summary>Photos that wait: without a worker, over a restart of the server, many at a time.</summary>
public sealed class Waiting(Waiting.Stopped stopped, Chromium chromium) : IClassFixture<Waiting.Stopped>
{
    private const string NoWorker = "Saved. No worker is running right now; it will be answered when one is.";

    [Fact]
    public Task WithoutAWorkerThePageSaysThatThePhotoIsSaved() => VisitAsync(async visit =>
    {
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "saved.jpg");

        await Visit.ShowsAsync(visit.Card("saved.jpg"), NoWorker);
    });

    [Fact]
    public Task APhotoThatWaitsMayBeCalledOff() => VisitAsync(async visit =>
    {
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "regretted.jpg");
        await visit.Page.GetByRole(AriaRole.Button, new() { Name = "Cancel regretted.jpg" }).ClickAsync();

        await Visit.ShowsAsync(visit.Card("regretted.jpg"), "Canceled");
    });

    [Fact]
    public Task WhatIsDeletedElsewhereWhileItWaitsIsSaidAtOnce() => VisitAsync(async visit =>
    {
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "gone.jpg");
        var card = visit.Card("gone.jpg");
        await Visit.ShowsAsync(card, NoWorker);
        var path = await card.GetByRole(AriaRole.Link, new() { Name = "JSON" }).GetAttributeAsync("href");
        using var response = await stopped.Topology.Api.DeleteAsync(path, TestContext.Current.CancellationToken);

        await Visit.ShowsAsync(card, "Deleted");
    });

    [Fact]
    public Task ManyThatWaitLeaveRoomForOneMore() => VisitAsync(async visit =>
    {
        await visit.ChooseManyAsync(Enumerable.Range(0, 12).Select(i => $"photo {i}.jpg"));
        await Visit.CountAsync(visit.Cards.GetByText(NoWorker), 12);

        var other = await visit.OpenAsync("/");
        await Visit.CountAsync(other.Locator(".card").GetByText(NoWorker), 12);
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "one more.jpg");
        await Visit.ShowsAsync(visit.Card("one more.jpg"), NoWorker);
        Assert.InRange(visit.OpenStreams, 1, 2);
    });

    [Fact]
    public Task ARestartedServerAndThenAWorkerBringTheAnswer() => VisitAsync(async visit =>
    {
        await visit.ChooseAsync(Photos.Jpeg(64, 48), "lasting.jpg");
        await Visit.ShowsAsync(visit.Card("lasting.jpg"), NoWorker);

        await stopped.Topology.CommandAsync("api", KnownResourceCommands.StopCommand);
        await Visit.ShowsAsync(visit.Page.Locator("#connection"), "Lost the connection, trying again");
        await stopped.Topology.CommandAsync("api", KnownResourceCommands.StartCommand);
        await Assertions.Expect(visit.Page.Locator("#connection")).ToBeEmptyAsync(new() { Timeout = 60_000 });

        await stopped.Topology.CommandAsync("worker", KnownResourceCommands.StartCommand);
        await stopped.Topology.HealthyAsync("worker");
        await Visit.AnsweredAsync(visit.Card("lasting.jpg"));
        await stopped.Topology.CommandAsync("worker", KnownResourceCommands.StopCommand);
    });

    private Task VisitAsync(Func<Visit, Task> visit) => chromium.VisitAsync(stopped.Topology.Api.BaseAddress!, "/", visit);

    /// <summary>An application whose workers are stopped.</summary>
    public sealed class Stopped : IAsyncLifetime
    {
        public Topology Topology { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Topology = await Topology.StartAsync();
            await Topology.CommandAsync("worker", KnownResourceCommands.StopCommand);
        }

        public async ValueTask DisposeAsync()
        {
            if (Topology is not null)
                await Topology.DisposeAsync();
        }
    }
}
