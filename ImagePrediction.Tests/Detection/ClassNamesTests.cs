using ImagePrediction.Worker.Yolo;

namespace ImagePrediction.Tests.Detection;

public sealed class ClassNamesTests
{
    [Theory]
    [InlineData("{0: 'dog', 1: 'cat'}", "dog|cat")]
    [InlineData("{1: 'cat', 0: 'dog'}", "dog|cat")]
    [InlineData("['dog', \"cat\"]", "dog|cat")]
    [InlineData("{0: 'stop sign', 1: \"jack o' lantern\", 2: 'd\\'or'}", "stop sign|jack o' lantern|d'or")]
    [InlineData("{0:'dog'}", "dog")]
    public void PythonLiteralsAreRead(string literal, string expected) =>
        Assert.Equal(expected.Split('|'), ClassNames.Parse(literal));

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("dog, cat")]
    [InlineData("{0: 'dog', 2: 'cat'}")]
    public void AnythingElseIsAClearError(string literal) =>
        Assert.Contains("class names", Assert.Throws<ModelException>(() => ClassNames.Parse(literal)).Message, StringComparison.Ordinal);
}
