using Microsoft.Extensions.Options;

namespace ImagePrediction.Api.Webhooks;

/// <summary>Settings of webhooks for final predictions: configuration section <c>Webhooks</c>.</summary>
public sealed class WebhookOptions
{
    private static readonly TimeSpan[] DefaultDelays =
    [
        TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1),
        new(hours: 4, minutes: 48, seconds: 50), // six hours in all
    ];

    /// <summary>
    /// What messages are signed with: <c>whsec_</c> and 24 to 64 random bytes in base64. Each message is signed with all of them, so
    /// that receivers can switch from an old one to a new one. Default none: webhooks are off.
    /// </summary>
    public IList<string> Secrets { get; } = [];

    /// <summary>
    /// How long to wait after each failed attempt; there is one more attempt than there are delays. Each at most a
    /// week. Default 10 s, 1 min, 10 min, 1 h, 4 h 48 min 50 s: six attempts within six hours.
    /// </summary>
    public IList<TimeSpan> Delays { get; } = [];

    /// <summary>Whether there is a secret to sign with; without one webhooks are neither accepted nor sent.</summary>
    internal bool Enabled => Secrets.Count > 0;

    /// <summary>The delay before the next attempt after this many; null if there is none.</summary>
    internal TimeSpan? DelayAfter(int tries)
    {
        // Configuration adds to a list and does not replace it, so the default is not in the list.
        var delays = Delays.Count > 0 ? Delays : DefaultDelays;
        return tries <= delays.Count ? delays[tries - 1] : null;
    }
}

/// <summary>Prevents startup with invalid settings. Never reveals a secret.</summary>
internal sealed class WebhookOptionsValidator : IValidateOptions<WebhookOptions>
{
    public ValidateOptionsResult Validate(string? name, WebhookOptions options)
    {
        List<string> faults = [];
        for (var i = 0; i < options.Secrets.Count; i++)
            if (Signature.TryReadSecret(options.Secrets[i]) is null)
                faults.Add($"Webhooks:Secrets:{i} is not 'whsec_' and 24 to 64 bytes in base64. Make one: echo whsec_$(openssl rand -base64 32)");
        faults.AddRange(options.Delays.Where(delay => delay < TimeSpan.Zero || delay > TimeSpan.FromDays(7))
            .Select(delay => $"Webhooks:Delays: {delay} is not between nothing and a week."));
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
