namespace Microsoft.Extensions.Hosting;
