using System.Globalization;
using ImagePrediction.Api.Access;
using ImagePrediction.Api.Errors;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Queue;

/// <summary>
/// Rejects images while the queue is full, before reading their body. Its length is an estimate: the last snapshot, plus what this
/// instance has accepted since and is receiving, minus what has been reported final since.
/// </summary>
internal sealed class QueueLimit(QueueSnapshot queue, ApiKeys keys, IOptions<QueueOptions> options) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var owner = context.HttpContext.User.Owner();
        var (all, one) = (options.Value.MaxWaiting, options.Value.MaxWaitingPerKey);
        if (queue.Waiting + queue.Receiving is var waiting && waiting >= all)
            return Full($"The queue is full: {all} predictions are waiting.", waiting - all);
        if (keys.Any && queue.WaitingOf(owner) >= one)
            return Full($"{one} predictions of {(owner.Length > 0 ? "this key" : "clients without a key")} are waiting, as many as one may have.", queue.WaitingOf(owner) - one);
        return next(context);
    }

    // There is room for one image sooner, but a client that waits a little longer finds room for more.
    private ValueTask<object?> Full(FormattableString detail, long over) => new(new ProblemResult(ProblemType.QueueFull,
        detail.ToString(CultureInfo.InvariantCulture), queue.TimeFor(over + options.Value.MaxWaiting / 10)));
}
