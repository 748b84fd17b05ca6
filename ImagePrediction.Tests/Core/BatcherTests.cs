namespace ImagePrediction.Tests.Core;

public sealed class BatcherTests
{
    [Fact]
    public async Task CallsThatComeWhileABatchIsUnderWayGoTogetherInTheNext()
    {
        var gate = new TaskCompletionSource();
        List<int> sizes = [];
        var batcher = new Batcher<int, int>(async items =>
        {
            sizes.Add(items.Count);
            await gate.Task;
            return [.. items.Select(item => item * 2)];
        });

        var first = batcher.RunAsync(1);
        while (sizes.Count == 0)
            await Task.Yield();
        var others = Enumerable.Range(2, 9).Select(batcher.RunAsync).ToList();
        gate.SetResult();

        Assert.Equal(2, await first);
        Assert.Equal(Enumerable.Range(2, 9).Select(item => item * 2), await Task.WhenAll(others));
        Assert.Equal([1, 9], sizes);
    }

    [Fact]
    public async Task ABatchNeverHoldsMoreThanItsLimit()
    {
        var largest = 0;
        var batcher = new Batcher<int, int>(async items =>
        {
            largest = Math.Max(largest, items.Count);
            await Task.Yield();
            return items;
        }, maxBatch: 4);

        await Task.WhenAll(Enumerable.Range(0, 100).Select(batcher.RunAsync));

        Assert.InRange(largest, 1, 4);
    }

    [Fact]
    public async Task AFailureReachesEveryCallerOfItsBatchAndNoLaterOne()
    {
        var fails = true;
        var batcher = new Batcher<int, int>(items => fails
            ? Task.FromException<IReadOnlyList<int>>(new InvalidOperationException("away"))
            : Task.FromResult(items));

        await Assert.ThrowsAsync<InvalidOperationException>(() => batcher.RunAsync(1));
        fails = false;
        Assert.Equal(2, await batcher.RunAsync(2));
    }
}
