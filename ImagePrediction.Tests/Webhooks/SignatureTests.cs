using System.Security.Cryptography;
using System.Text;
using ImagePrediction.Api.Outbound;
using ImagePrediction.Api.Webhooks;

namespace ImagePrediction.Tests.Webhooks;

/// <summary>Signatures are those of the Standard Webhooks specification, and secrets are checked at start.</summary>
public sealed class SignatureTests
{
    private static readonly string Secret = "whsec_" + Convert.ToBase64String(new byte[24]);

    [Fact]
    public void TheSignatureIsThatOfThePublishedExample()
    {
        var key = Signature.TryReadSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")!;
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            Signature.Of([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}"""u8));
    }

    [Fact]
    public void EveryKeySignsIdTimeAndBody()
    {
        byte[][] keys = [RandomNumberGenerator.GetBytes(24), RandomNumberGenerator.GetBytes(64)];
        var expected = keys.Select(key => "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes("id.17.{\"a\":\"ü\"}"))));
        Assert.Equal(string.Join(' ', expected), Signature.Of(keys, "id", 17, "{\"a\":\"ü\"}"u8));
    }

    [Theory]
    [InlineData(24, true)]
    [InlineData(64, true)]
    [InlineData(23, false)]
    [InlineData(65, false)]
    [InlineData(200, false)]
    public void ASecretHas24To64Bytes(int bytes, bool valid)
    {
        var key = RandomNumberGenerator.GetBytes(bytes);
        Assert.Equal(valid ? key : null, Signature.TryReadSecret("whsec_" + Convert.ToBase64String(key)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("whsec_no base64 at all, though long enough")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    public void AnythingElseStopsTheStartWithoutSayingWhatItWas(string secret)
    {
        var result = new WebhookOptionsValidator().Validate(null, new() { Secrets = { Secret, secret } });
        Assert.StartsWith("Webhooks:Secrets:1 ", Assert.Single(result.Failures!), StringComparison.Ordinal);
        if (secret.Length > 6)
            Assert.DoesNotContain(secret, result.FailureMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(8 * 24)]
    public void ADelayThatMakesNoSenseStopsTheStart(int hours)
    {
        var options = new WebhookOptions { Secrets = { Secret }, Delays = { TimeSpan.FromHours(hours) } };
        Assert.Single(new WebhookOptionsValidator().Validate(null, options).Failures!);
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("loopback")]
    public void ANetworkThatMakesNoSenseStopsTheStart(string network) =>
        Assert.Single(new OutboundOptionsValidator().Validate(null, new() { AllowedNetworks = { network } }).Failures!);

    [Fact]
    public void SixAttemptsAreMadeWithinSixHours()
    {
        var options = new WebhookOptions();
        var delays = Enumerable.Range(1, 5).Select(tries => options.DelayAfter(tries)!.Value).ToList();
        Assert.Equal(TimeSpan.FromHours(6), delays.Aggregate((sum, delay) => sum + delay));
        Assert.Equal(delays.Order(), delays);
        Assert.Null(options.DelayAfter(6));
        Assert.Null(options.DelayAfter(7));
    }
}
