/* The texts of files of src/ask/graph/, which CMake has compiled into the program.  */
#ifndef NP2NFT_ASK_GRAPH_ASSETS_H
#define NP2NFT_ASK_GRAPH_ASSETS_H

extern const char asset_picture_css[];
extern const char asset_page_css[];
extern const char asset_page_js[];
extern const char asset_page_html[];

#endif
