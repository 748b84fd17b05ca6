using ImagePrediction.Api.Errors;
using ImagePrediction.Api.Outbound;
using ImagePrediction.Api.Webhooks;
using Microsoft.Extensions.Options;

namespace ImagePrediction.Tests.Webhooks;

/// <summary>What is accepted as a webhook URL before anybody is called.</summary>
public sealed class WebhookUrlTests
{
    private readonly WebhookOptions _options = new() { Secrets = { "whsec_" + Convert.ToBase64String(new byte[24]) } };
    private readonly OutboundOptions _outbound = new();

    [Theory]
    [InlineData("https://example.com/hook?a=b", "https://example.com/hook?a=b")]
    [InlineData("HTTPS://Example.com:8443", "https://example.com:8443/")]
    [InlineData("https://8.8.8.8/", "https://8.8.8.8/")]
    [InlineData("https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/")]
    public void APublicHttpsUrlIsAcceptedInItsNormalForm(string url, string normal) => Assert.Equal(normal, Urls.Agree(null, url));

    [Theory]
    [InlineData("http://example.com/")]
    [InlineData("ftp://example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://user@example.com/")]
    [InlineData("https://localhost@127.0.0.1/")]
    [InlineData("https://127.1/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://0x7f.0.0.1/")]
    [InlineData("https://0177.0.0.1/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:127.0.0.1]/")]
    [InlineData("https://[fe80::1%25eth0]/")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    public void AnotherSchemeACredentialOrAnAddressInsideIsRefused(string url) => Throws(ProblemType.WebhookRefused, url);

    [Theory]
    [InlineData("")]
    [InlineData("hook")]
    [InlineData("/etc/passwd")]
    [InlineData("//example.com/hook")]
    [InlineData("https://")]
    [InlineData("https://exa mple.com/")]
    public void WhatIsNoUrlIsMalformed(string url) => Throws(ProblemType.MalformedRequest, url);

    [Fact]
    public void AUrlMayHave2048Characters()
    {
        var longest = "https://example.com/".PadRight(2048, 'a');
        Assert.Equal(longest, Urls.Agree(null, longest));
        Throws(ProblemType.MalformedRequest, longest + "a");
    }

    [Fact]
    public void HttpAndNetworksInsideAreAcceptedWhereTheOperatorSaysSo()
    {
        _outbound.AllowHttp = true;
        _outbound.AllowedNetworks.Add("10.0.0.0/8");
        Assert.Equal("http://10.1.2.3/", Urls.Agree(null, "http://10.1.2.3/"));
        Throws(ProblemType.WebhookRefused, "http://127.0.0.1/");
    }

    [Fact]
    public void TheSameUrlTwiceIsOneAndWithoutAnyNobodyIsTold()
    {
        Assert.Equal("https://example.com/", Urls.Agree("https://example.com/", "https://EXAMPLE.com"));
        Assert.Equal("https://example.com/", Urls.Agree("https://example.com/", null));
        Assert.Null(Urls.Agree(null, null));
    }

    [Fact]
    public void WithoutASecretWebhooksAreRefusedAndItSaysWhy()
    {
        _options.Secrets.Clear();
        Assert.Contains("Webhooks:Secrets", Throws(ProblemType.WebhookRefused, "https://example.com/").Message, StringComparison.Ordinal);
    }

    private WebhookUrls Urls => new(Options.Create(_options), new(Options.Create(_outbound), new(Options.Create(_outbound))));

    private ProblemException Throws(ProblemType type, string url)
    {
        var problem = Assert.Throws<ProblemException>(() => Urls.Agree(null, url));
        Assert.Equal(type, problem.Type);
        return problem;
    }
}
