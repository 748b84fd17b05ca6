namespace ImagePrediction.Tests.Support;

/// <summary>A folder that is out of reach until this is disposed: a file bears its name, so that nobody can make it anew.</summary>
internal sealed class FolderAway : IAsyncDisposable
{
    private readonly string _folder;

    public FolderAway(string folder)
    {
        _folder = folder;
        Directory.Move(folder, $"{folder}.away");
        File.Create(folder).Dispose();
    }

    public ValueTask DisposeAsync()
    {
        File.Delete(_folder);
        Directory.Move($"{_folder}.away", _folder);
        return ValueTask.CompletedTask;
    }
}
