/* Files of src/graph/, as CMake has put them in. */
#ifndef NP2NFT_ASK_GRAPH_ASSETS_H
#define NP2NFT_ASK_GRAPH_ASSETS_H

extern const char asset_picture_css[];
extern const char asset_page_css[];
extern const char asset_page_js[];
extern const char asset_page_html[];

#endif
