using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Pictures;

namespace ImagePrediction.Tests.Pictures;

public sealed class DrawingPlacesTests : IDisposable
{
    private const long Small = 1_000_000;

    private readonly DrawingPlaces _places = new();
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _goOn = new(0);
    private int _running;
    private int _most;
    private int _large;
    private volatile bool _crowded;

    private static CancellationToken Test => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task TwoAreDrawnAtATime()
    {
        var all = Enumerable.Range(0, 8).Select(_ => Start(Small, Test)).ToList();
        await OneAfterTheOtherAsync(all.Count, atOnce: 2);
        await Task.WhenAll(all);
        Assert.Equal(2, _most);
    }

    [Fact(Timeout = 60_000)]
    public async Task ALargeOneIsDrawnAlone()
    {
        var all = new[] { Small, DrawingPlaces.LargePixels + 1, Small, Small, DrawingPlaces.LargePixels + 1 }.Select(pixels => Start(pixels, Test)).ToList();
        await BegunAsync(1); // the second waits for both places, and those behind it for their turn
        _goOn.Release();
        await BegunAsync(1);
        _goOn.Release(4);
        await Task.WhenAll(all);
        Assert.False(_crowded);
    }

    [Fact(Timeout = 60_000)]
    public async Task WhoGivesUpWaitingLeavesTheLine()
    {
        var drawn = new[] { Start(Small, Test), Start(Small, Test) };
        using var gone = new CancellationTokenSource();
        var waiting = Start(DrawingPlaces.LargePixels + 1, gone.Token);
        var behind = Start(Small, Test);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        _goOn.Release(3);
        await Task.WhenAll([.. drawn, behind]);
        Assert.Equal(0, _goOn.CurrentCount);
    }

    [Fact(Timeout = 60_000)]
    public async Task WhoComesWhileTooManyWaitIsToldWhenToComeAgain()
    {
        var all = Enumerable.Range(0, 2 + DrawingPlaces.MaxWaiting).Select(_ => Start(Small, Test)).ToList();
        var problem = await Assert.ThrowsAsync<ProblemException>(() => Start(Small, Test));
        Assert.Equal(ProblemType.RateLimited, problem.Type);
        Assert.NotNull(problem.RetryAfter);
        _goOn.Release(all.Count);
        await Task.WhenAll(all);
    }

    [Fact(Timeout = 60_000)]
    public async Task AFaultOfOneGivesItsPlaceBack()
    {
        for (var i = 0; i < 3; i++)
            await Assert.ThrowsAsync<InvalidDataException>(() => _places.RunAsync<int>(DrawingPlaces.LargePixels + 1, () => throw new InvalidDataException(), Test));
    }

    public void Dispose()
    {
        _places.Dispose();
        _begun.Dispose();
        _goOn.Dispose();
    }

    private Task<int> Start(long pixels, CancellationToken cancellationToken) => _places.RunAsync(pixels, () =>
    {
        var running = Interlocked.Increment(ref _running);
        _crowded |= pixels > DrawingPlaces.LargePixels ? running > 1 : _large > 0;
        if (pixels > DrawingPlaces.LargePixels)
            Interlocked.Increment(ref _large);
        for (var most = _most; running > most; most = _most)
            Interlocked.CompareExchange(ref _most, running, most);
        _begun.Release();
        _goOn.Wait(Test);
        if (pixels > DrawingPlaces.LargePixels)
            Interlocked.Decrement(ref _large);
        return Interlocked.Decrement(ref _running);
    }, cancellationToken);

    private async Task BegunAsync(int count)
    {
        for (var i = 0; i < count; i++)
            Assert.True(await _begun.WaitAsync(TimeSpan.FromSeconds(30), Test));
    }

    /// <summary>Lets them go on one by one, each after another has begun.</summary>
    private async Task OneAfterTheOtherAsync(int count, int atOnce)
    {
        await BegunAsync(atOnce);
        for (var ended = 1; ended <= count; ended++)
        {
            _goOn.Release();
            if (ended <= count - atOnce)
                await BegunAsync(1);
        }
    }
}
