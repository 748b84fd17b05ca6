using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ImagePrediction.Core.Database.Migrations
{
    /// <inheritdoc />
    public partial class FileNames : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "ix_predictions_named",
                table: "predictions",
                columns: new[] { "file_name", "id" },
                filter: "completed_at IS NOT NULL AND file_name IS NOT NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "ix_predictions_named",
                table: "predictions");
        }
    }
}
