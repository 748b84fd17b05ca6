using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ImagePrediction.Core.Database.Migrations
{
    /// <inheritdoc />
    public partial class ImageStores : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "image_stores",
                columns: table => new
                {
                    id = table.Column<int>(type: "integer", nullable: false),
                    mark = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_image_stores", x => x.id);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "image_stores");
        }
    }
}
