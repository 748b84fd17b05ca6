using System.Runtime.InteropServices;

namespace ImagePrediction;

/// <summary>Environment variables for native libraries, which on Unix do not see those that .NET sets.</summary>
public static partial class NativeEnvironment
{
    /// <summary>Sets or replaces a variable.</summary>
    /// <exception cref="InvalidOperationException">It cannot be set.</exception>
    public static void Set(string name, string value)
    {
        if (OperatingSystem.IsWindows())
            Environment.SetEnvironmentVariable(name, value);
        else if (SetVariable(name, value, overwrite: 1) != 0)
            throw new InvalidOperationException($"Cannot set {name}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
