using ImagePrediction.Api.Limits;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Events;

/// <summary>The event streams and waiting requests of this instance.</summary>
internal sealed class Streams(IOptions<EventOptions> options) : Places(options.Value.MaxStreams, options.Value.MaxStreamsPerKey);
